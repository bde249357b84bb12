package activity

import (
	"fmt"
	"strings"
	"testing"

	"entente.example/entente/activity/limits"
)

func TestTheNameOfAHostIsNotTooLong(t *testing.T) {
	t.Parallel()
	label := strings.Repeat("a", 49) + "."
	longest := strings.Repeat(label, 5) + "com" // 5 * 50 + 3
	if len(longest) != limits.Host {
		t.Fatalf("it has %d bytes", len(longest))
	}
	if _, err := CleanHost(longest); err != nil {
		t.Errorf("the longest: %v", err)
	}
	if got, err := CleanHost("a" + longest); FaultOf(err).Reason != "bad_host" {
		t.Errorf("one byte more is %q, %v", got, err)
	}
}

func TestAUsernameIsNotTooLong(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		strings.Repeat("b", limits.Username):   "",
		strings.Repeat("b", limits.Username+1): "long_username",
	} {
		_, err := ReadActor(fmt.Appendf(nil, `{"id":"https://a.test/b","type":"Person","inbox":"https://a.test/b/inbox","preferredUsername":%q}`, name))
		if got := FaultOf(err).Reason; err == nil && want != "" || err != nil && got != want {
			t.Errorf("%d bytes: %v", len(name), err)
		}
	}
}
