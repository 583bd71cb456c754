package bridge

import "fmt"

// limit says which list of a command's arguments is longer than it may be.
func limit(args any) error {
	switch a := args.(type) {
	case *Load:
		return most("files", len(a.Files), maxFiles)
	case *Plan:
		return first(most("tasks", len(a.Tasks), maxTasks), a.Data.limit())
	case *Outlook:
		return first(most("tasks", len(a.Tasks), maxTasks), a.Data.limit())
	case *Leakage:
		return first(a.Train.limit(), a.Heldout.limit())
	case *Train:
		return first(most("tasks", len(a.Tasks), maxTasks), a.Data.limit(), a.Evals.limit())
	case *Predict:
		return most("texts", len(a.Texts), maxTexts)
	case *Report:
		return first(most("files", len(a.Files), maxFiles), a.Data.limit())
	case *Evaluate:
		return a.Data.limit()
	case *Encode:
		return most("texts", len(a.Texts), maxTexts)
	case *Compare:
		seeds := 0
		if a.Transfer != nil {
			seeds = a.Transfer.Seeds
		}
		return first(most("files", len(a.Files), maxFiles), most("tasks", len(a.Tasks), maxTasks), most("policies", len(a.Policies), maxRuns),
			most("seeds", seeds, maxRuns), a.Data.limit(), a.Evals.limit())
	case *Resume:
		return first(most("tasks", len(a.Tasks), maxTasks), a.Data.limit(), a.Evals.limit())
	}
	return nil
}

func (s *Source) limit() error {
	if s == nil {
		return nil
	}
	if (s.Synthetic == nil) == (s.Records == nil) {
		return fmt.Errorf("data are either synthetic or records")
	}
	return most("records", len(s.Records), maxRecords)
}

func (e *Evals) limit() error {
	if e == nil {
		return nil
	}
	return first(e.Heldout.limit(), e.Natural.limit())
}

func most(what string, n, allowed int) error {
	if n > allowed {
		return fmt.Errorf("there are %d %s and at most %d are allowed", n, what, allowed)
	}
	return nil
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
