package media

// Forget removes the copies of these pictures of partners, and says how many there were.
func (l *Library) Forget(addresses []string) (n int, err error) {
	for _, address := range addresses {
		was, err := l.cache.Remove(address)
		if err != nil {
			return n, err
		}
		if was {
			n++
		}
	}
	return n, nil
}
