//go:build race

package mastodon_test

// mostPixels are fewer under the race detector, which makes the reader of pictures
// ten times slower than its deadline knows.
func mostPixels(int, int) (width, height int) { return 1920, 1080 }
