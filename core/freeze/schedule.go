package freeze

import (
	"fmt"
	"strconv"
	"strings"
)

// Schedule is policies over epochs, gradual thawing among them: "backbone; 1:layers:4; 2:layers:2" freezes the backbone in the
// first epoch, layers 0 to 3 in the second and 0 and 1 from the third on. A policy alone is a schedule of one.
type Schedule struct {
	stages []stage
}

// stage is a policy and the epoch it begins with, the first being 0.
type stage struct {
	epoch  int
	policy Policy
}

// Constant is the schedule of one policy.
func Constant(p Policy) Schedule { return Schedule{stages: []stage{{policy: p}}} }

// ParseSchedule reads a schedule. ParseSchedule(s.String()) gives s again.
func ParseSchedule(text string) (Schedule, error) {
	var s Schedule
	for i, part := range strings.Split(text, ";") {
		st, err := parseStage(strings.TrimSpace(part), i == 0)
		if err != nil {
			return Schedule{}, err
		}
		if i > 0 && st.epoch <= s.stages[i-1].epoch {
			return Schedule{}, fmt.Errorf("%w %q: epoch %d comes after epoch %d", ErrPolicy, text, st.epoch, s.stages[i-1].epoch)
		}
		s.stages = append(s.stages, st)
	}
	for _, st := range s.stages {
		if st.policy.Probe() && len(s.stages) > 1 {
			return Schedule{}, fmt.Errorf("%w %q: probe stands alone: it joins neither other terms nor a schedule", ErrPolicy, text)
		}
	}
	return s, nil
}

// parseStage reads EPOCH:POLICY; the first stage has the policy alone.
func parseStage(s string, first bool) (st stage, err error) {
	if !first {
		number, rest, _ := strings.Cut(s, ":")
		st.epoch, err = strconv.Atoi(strings.TrimSpace(number))
		if err != nil || st.epoch < 1 {
			return st, fmt.Errorf("%w %q: want EPOCH:POLICY behind a semicolon, as in \"backbone; 1:layers:4\", epochs from 1 on", ErrPolicy, s)
		}
		s = strings.TrimSpace(rest)
	}
	st.policy, err = Parse(s)
	return st, err
}

// String is the canonical text of s.
func (s Schedule) String() string {
	var b strings.Builder
	for i, st := range s.stages {
		if i > 0 {
			fmt.Fprintf(&b, "; %d:", st.epoch)
		}
		b.WriteString(st.policy.String())
	}
	return b.String()
}

// At is the policy of an epoch, the first being 0.
func (s Schedule) At(epoch int) (p Policy) {
	for _, st := range s.stages {
		if st.epoch <= epoch {
			p = st.policy
		}
	}
	return p
}

// Check says what is wrong with any of the policies, as Policy.Check does.
func (s Schedule) Check(names []string, layers int) error {
	for _, st := range s.stages {
		if err := st.policy.Check(names, layers); err != nil {
			return err
		}
	}
	return nil
}

// Last is the policy of the last stage.
func (s Schedule) Last() Policy { return s.stages[len(s.stages)-1].policy }
