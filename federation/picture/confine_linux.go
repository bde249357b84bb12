package picture

import (
	"fmt"
	"os"
	"runtime"
	"syscall"

	"github.com/elastic/go-seccomp-bpf"
	"golang.org/x/sys/unix"

	"entente.example/entente/activity/limits"
)

// attributes of a child; own: in namespaces of its own, where it is nobody.
func attributes(own bool) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true}
	if own {
		a.Cloneflags = unix.CLONE_NEWUSER | unix.CLONE_NEWNET | unix.CLONE_NEWPID | unix.CLONE_NEWNS | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS
		a.UidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Getuid(), Size: 1}}
		a.GidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Getgid(), Size: 1}}
	}
	return a
}

const nobody = 65534

// calls are the system calls that a child makes once it has read its input: those of
// the Go runtime for memory, threads, time and signals, and the reading and writing of
// what is open. Each exists on every architecture that the filter knows.
var calls = []string{
	"read", "write", "close", "mmap", "munmap", "mprotect", "madvise", "mremap", "brk", "futex", "exit", "exit_group",
	"nanosleep", "clock_nanosleep", "clock_gettime", "gettimeofday", "sched_yield", "sched_getaffinity", "getpid", "gettid",
	"sigaltstack", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "restart_syscall", "getrandom", "set_robust_list", "rseq", "epoll_pwait",
}

// confine sets the limits and the filter, for good and for every thread.
func confine() error {
	size, err := reserved()
	if err != nil {
		return err
	}
	for what, most := range map[int]uint64{unix.RLIMIT_AS: size + limits.PictureMemory, unix.RLIMIT_CPU: limits.PictureSeconds, unix.RLIMIT_CORE: 0, unix.RLIMIT_FSIZE: 0, unix.RLIMIT_NOFILE: 0} {
		if err := unix.Setrlimit(what, &unix.Rlimit{Cur: most, Max: most}); err != nil {
			return fmt.Errorf("limit %d: %w", what, err)
		}
	}
	runtime.LockOSThread() // "no new privileges" is this thread's until the filter makes it all threads'
	err = seccomp.LoadFilter(seccomp.Filter{NoNewPrivs: true, Flag: seccomp.FilterFlagTSync, Policy: seccomp.Policy{
		DefaultAction: seccomp.ActionErrno,
		Syscalls: []seccomp.SyscallGroup{{Action: seccomp.ActionAllow, Names: calls,
			NamesWithCondtions: []seccomp.NameWithConditions{
				{Name: "clone", Conditions: seccomp.ArgumentConditions{{Argument: 0, Operation: seccomp.BitsSet, Value: unix.CLONE_THREAD}}},
				// A stopped thread is woken by a signal to this process alone.
				{Name: "tgkill", Conditions: seccomp.ArgumentConditions{{Argument: 0, Operation: seccomp.Equal, Value: uint64(os.Getpid())}}},
			}},
			// The C library, where the program has it, then makes threads with clone.
			{Action: seccomp.ActionErrno | seccomp.Action(unix.ENOSYS), Names: []string{"clone3"}}},
	}})
	if err != nil {
		return fmt.Errorf("seccomp: %w", err)
	}
	return nil
}

// reserved is how much address space we have already, in bytes: the runtime reserves
// much more than it uses, and how much depends on how the program was built.
func reserved() (uint64, error) {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	var pages uint64
	if _, err := fmt.Sscan(string(text), &pages); err != nil {
		return 0, err
	}
	return pages * uint64(os.Getpagesize()), nil
}
