// Package memory remembers what is asked for again and again and costs much to find out.
package memory

import "sync"

// Of remembers values by key, so many at most: any other goes for one more. What it gives
// is shared, and for reading only. Safe for many users at once.
type Of[K comparable, V any] struct {
	mu   sync.RWMutex
	most int
	all  map[K]V
}

// New is a memory with nothing in it.
func New[K comparable, V any](most int) *Of[K, V] {
	return &Of[K, V]{most: most, all: map[K]V{}}
}

// Get is what is remembered by a key.
func (m *Of[K, V]) Get(key K) (V, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	v, ok := m.all[key]
	return v, ok
}

// Put remembers v.
func (m *Of[K, V]) Put(key K, v V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for other := range m.all {
		if _, known := m.all[key]; known || len(m.all) < m.most {
			break
		}
		delete(m.all, other)
	}
	m.all[key] = v
}
