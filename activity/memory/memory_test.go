package memory

import "testing"

func TestAMemoryIsBounded(t *testing.T) {
	t.Parallel()
	m := New[int, string](10)
	if v, ok := m.Get(1); ok {
		t.Fatalf("an empty one remembers %q", v)
	}
	for key := range 100 {
		m.Put(key, "first")
		m.Put(key, "last")
		if v, ok := m.Get(key); !ok || v != "last" {
			t.Fatalf("%d: %q, %v", key, v, ok)
		}
	}
	if len(m.all) != 10 {
		t.Errorf("%d are remembered", len(m.all))
	}
	m.Put(99, "again") // makes no room, since it needs none
	if len(m.all) != 10 {
		t.Errorf("%d are remembered", len(m.all))
	}
}
