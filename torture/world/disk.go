package world

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// Disk is a file system in memory that can be full.
type Disk struct{ path string }

const roomy = "size=6g"

// Mount mounts a file system at a folder. It returns nil, and no error, where
// this process may not: then there is no disk to fill.
func Mount(path string) (*Disk, error) {
	err := syscall.Mount("tmpfs", path, "tmpfs", 0, roomy)
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.ENODEV) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("mount a file system: %w", err)
	}
	return &Disk{path}, nil
}

// Unmount removes the file system and all that is in it. A nil disk has none.
func (d *Disk) Unmount() error {
	if d == nil {
		return nil
	}
	return syscall.Unmount(d.path, syscall.MNT_DETACH)
}

// Fill leaves no room: the file system becomes as small as what is in it.
func (d *Disk) Fill() error {
	const tries = 50 // who writes meanwhile needs more than was counted
	var err error
	for range tries {
		var now syscall.Statfs_t
		if err = syscall.Statfs(d.path, &now); err != nil {
			return err
		}
		used := (now.Blocks - now.Bfree) * uint64(now.Bsize)
		if err = d.resize(fmt.Sprintf("size=%d", used)); err == nil {
			return nil
		}
		time.Sleep(time.Millisecond)
	}
	return err
}

// Empty gives it room again.
func (d *Disk) Empty() error { return d.resize(roomy) }

func (d *Disk) resize(size string) error {
	return os.NewSyscallError("mount", syscall.Mount("tmpfs", d.path, "tmpfs", syscall.MS_REMOUNT, size))
}
