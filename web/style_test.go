package web

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestColoursCanBeToldApart holds the palette to WCAG 2.2: 4.5:1 for text
// (1.4.3), 3:1 for the edges of controls and for focus (1.4.11).
func TestColoursCanBeToldApart(t *testing.T) {
	t.Parallel()
	css, err := assetFiles.ReadFile("assets/style.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark := palettes(string(css))
	for theme, colours := range map[string]map[string]string{"light": light, "dark": dark} {
		for _, tc := range []struct {
			over, under string
			least       float64
		}{
			{"text", "ground", 4.5}, {"text", "card", 4.5}, {"text", "sunk", 4.5},
			{"soft", "ground", 4.5}, {"soft", "card", 4.5}, {"soft", "sunk", 4.5},
			{"accent", "ground", 4.5}, {"accent", "card", 4.5}, {"accent", "sunk", 4.5}, {"accent", "accent-soft", 4.5}, {"accent-strong", "card", 4.5},
			{"on-accent", "accent", 4.5}, {"on-accent", "accent-strong", 4.5},
			{"partner", "partner-soft", 4.5}, {"wrong", "wrong-soft", 4.5}, {"wrong", "card", 4.5}, {"like", "card", 4.5}, {"like", "sunk", 4.5},
			{"edge", "card", 3}, {"edge", "ground", 3},
		} {
			if got := contrast(t, colours[tc.over], colours[tc.under]); got < tc.least {
				t.Errorf("%s: %s on %s is %.2f:1, less than %.1f:1", theme, tc.over, tc.under, got, tc.least)
			}
		}
	}
	found := regexp.MustCompile(`\.hue(\d+) \{ --hue: (#[0-9a-f]{6}); \}`).FindAllStringSubmatch(string(css), -1)
	if len(found) != hues {
		t.Errorf("there are %d hues, want %d", len(found), hues)
	}
	for _, m := range found {
		if got := contrast(t, "#ffffff", m[2]); got < 4.5 {
			t.Errorf("initials on hue %s are %.2f:1", m[1], got)
		}
	}
}

// palettes reads the colours of :root, dark ones over light ones.
func palettes(css string) (light, dark map[string]string) {
	light, dark = map[string]string{}, map[string]string{}
	first, rest, _ := strings.Cut(css, "@media (prefers-color-scheme: dark)")
	second, _, _ := strings.Cut(rest, "\n}\n")
	colour := regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6});`)
	for _, m := range colour.FindAllStringSubmatch(first, -1) {
		light[m[1]], dark[m[1]] = m[2], m[2]
	}
	for _, m := range colour.FindAllStringSubmatch(second, -1) {
		dark[m[1]] = m[2]
	}
	return light, dark
}

// contrast is the ratio of WCAG 2.2 between two colours.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	la, lb := luminance(t, a), luminance(t, b)
	return (max(la, lb) + .05) / (min(la, lb) + .05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 32)
	if err != nil {
		t.Fatal(fmt.Errorf("colour %q: %w", colour, err))
	}
	part := func(shift uint) float64 {
		c := float64(n>>shift&0xff) / 255
		if c <= .04045 {
			return c / 12.92
		}
		return math.Pow((c+.055)/1.055, 2.4)
	}
	return .2126*part(16) + .7152*part(8) + .0722*part(0)
}
