package blob

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"entente.example/entente/activity"
)

func TestAFolderKeepsAContentOnceAndNoPathThatAnybodySays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := Folder(filepath.Join(dir, "media"))
	a, err := f.Put([]byte("content"))
	if b, err2 := f.Put([]byte("content")); err != nil || err2 != nil || a != b || a != Hash([]byte("content")) {
		t.Fatalf("%s %s %v %v", a, b, err, err2)
	}
	if got, err := f.Get(a); err != nil || string(got) != "content" {
		t.Fatalf("%q %v", got, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "..", "../secret", "../../etc/passwd", a[:10], a + "/", a[:62] + "..", "/etc/passwd"} {
		if _, err := f.Get(name); activity.KindOf(err) != activity.NotFound {
			t.Errorf("%q: %v", name, err)
		}
		if err := f.Remove(name); activity.KindOf(err) != activity.NotFound {
			t.Errorf("%q was removed: %v", name, err)
		}
	}
	var all []string
	if err := f.Each(func(hashes []string) error { all = append(all, hashes...); return nil }); err != nil || !slices.Equal(all, []string{a}) {
		t.Errorf("%v %v", all, err)
	}
	if err := f.Remove(a); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Get(a); activity.KindOf(err) != activity.NotFound {
		t.Errorf("it is still there: %v", err)
	}
	if _, err := Folder("").Put(nil); err == nil {
		t.Error("the empty folder takes files")
	}
}

func TestACacheForgetsTheOldestAndTheOld(t *testing.T) {
	t.Parallel()
	now := time.Now()
	c := &Cache{Dir: filepath.Join(t.TempDir(), "cache"), Most: 25, Life: time.Hour, Now: func() time.Time { return now }}
	for i, name := range []string{"../a", "b", "c"} {
		if err := c.Put(name, []byte("0123456789")); err != nil {
			t.Fatal(err)
		}
		at := now.Add(time.Duration(i-10) * time.Minute)
		if err := os.Chtimes(c.path(name), at, at); err != nil {
			t.Fatal(err)
		}
		if err := c.tidy(); err != nil {
			t.Fatal(err)
		}
	}
	has := func(name string) bool { _, _, err := c.Get(name); return err == nil }
	if has("../a") || !has("b") || !has("c") {
		t.Errorf("a %v, b %v, c %v", has("../a"), has("b"), has("c"))
	}
	now = now.Add(2 * time.Hour)
	if has("c") {
		t.Error("c is too old")
	}
	if err := c.tidy(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(c.Dir); err != nil || len(left) != 0 {
		t.Errorf("%v %v", left, err)
	}
}
