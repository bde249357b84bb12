package activity_test

import (
	"slices"
	"testing"

	"entente.example/entente/activity"
)

func TestAttack14AnEmojiHasAPlainNameAndAPictureOnTheWeb(t *testing.T) {
	t.Parallel()
	tag := func(name string, url activity.ID) activity.Tag {
		return activity.Tag{Type: "Emoji", Name: activity.Text(name), Icon: &activity.Attachment{URL: activity.IDs{url}}}
	}
	const at = "https://media.example/x.png"
	found := activity.Emojis(activity.List[activity.Tag]{
		tag(":<img src=x onerror=alert(1)>:", at), tag(`:" onload="x:`, at), tag("::", at), tag(": :", at), tag(":é:", at),
		tag(":script:", "javascript:alert(1)"), tag(":data:", "data:image/svg+xml,<svg onload=alert(1)>"), tag(":none:", ""),
		{Type: "Emoji", Name: ":bare:"}, tag(":good:", at), tag(":good:", "https://media.example/other.png"),
		tag(":java-sick_blockhead:", at), // Pleroma
	})
	if want := []activity.Emoji{{Shortcode: "good", URL: at}, {Shortcode: "java-sick_blockhead", URL: at}}; !slices.Equal(found, want) {
		t.Errorf("found %+v", found)
	}
}
