// Package picture makes a picture of ours of what somebody sent: decoded, turned the
// right way up, made small enough, and written anew, so that nothing of the file but
// what can be seen is ever kept or served (interop §7 rows 2 and 13).
//
// Decoders are where strangers' bytes meet the most code, so they run in a child: this
// same program, started anew, which does that and nothing else (child.go). The bytes
// go in on its standard input and come out on its standard output. What holds the
// child, and where:
//
//	everywhere   an environment with nothing in it, no argument that anybody chose, a
//	             deadline after which it is killed, and a check of what it gives back
//	Unix         limits of its memory, its processor seconds, core and file size, and
//	             no file descriptors but the three that it has
//	Linux        a seccomp filter that the kernel applies to each of its threads once it
//	             has read its input: memory, time and those three descriptors, and no
//	             system call that opens, connects, runs or signals anything; no new
//	             privileges. A kernel without it gets no pictures decoded.
//	Linux, where users may make namespaces (as a rule not inside of a container)
//	             a user, network, process and mount namespace of its own besides, from
//	             before its first instruction on
//
// It keeps the user and the root folder of the program; the filter is what keeps it
// from using them.
package picture

import (
	"bytes"
	"encoding/json"
	"regexp"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

// Picture is one of our making.
type Picture struct {
	Type          string // media type: image/jpeg or image/png
	Width, Height int
	Blurhash      string // the picture as a word: a blur of it (blurha.sh)
	Content       []byte
}

// Taken are the media types of files that are read.
func Taken() []string { return []string{jpegType, pngType, gifType, webpType} }

// TypeOf is the media type that the first bytes of a file show, whatever it is called;
// "" when it is none of those that are taken.
func TypeOf(file []byte) string {
	begins := func(with string) bool { return bytes.HasPrefix(file, []byte(with)) }
	switch {
	case begins("\xff\xd8\xff"):
		return jpegType
	case begins("\x89PNG\r\n\x1a\n"):
		return pngType
	case begins("GIF87a"), begins("GIF89a"):
		return gifType
	case begins("RIFF") && len(file) > 12 && string(file[8:12]) == "WEBP":
		return webpType
	}
	return ""
}

const jpegType, pngType, gifType, webpType = "image/jpeg", "image/png", "image/gif", "image/webp"

// Check refuses, before any work, a file that is too large (TooLarge) or is no picture
// by its first bytes (Invalid).
func Check(file []byte) error {
	if len(file) > limits.PictureBytes {
		return activity.Refuse(activity.TooLarge, "large_picture", "a picture has at most %d MiB; make it smaller first", limits.PictureBytes>>20)
	}
	if TypeOf(file) == "" {
		return activity.Refuse(activity.Invalid, "not_a_picture", "only pictures can be attached: JPEG, PNG, GIF or WebP files, whatever they are called")
	}
	return nil
}

// refusal is what a child says instead of a picture.
func refusal(reason string) error {
	switch reason {
	case "many_pixels":
		return activity.Refuse(activity.Invalid, reason, "a picture has at most %d pixels, as 7680 by 4320; make it smaller first", limits.PicturePixels)
	case "broken_picture":
		return activity.Refuse(activity.Invalid, reason, "this picture cannot be read; it may be cut off, or an animation of a kind that is not taken: save it anew as JPEG or PNG")
	}
	return activity.Refuse(activity.Invalid, "costly_picture", "this picture takes too long, or too much memory, to read; save it anew as a smaller JPEG or PNG")
}

// answer is the first line of what the child writes; the file follows it.
type answer struct {
	Reason   string `json:"reason,omitempty"` // of a refusal; "" for a picture
	Type     string `json:"type,omitempty"`
	Width    int    `json:"width,omitempty"`
	Height   int    `json:"height,omitempty"`
	Blurhash string `json:"blurhash,omitempty"`
}

var isBlurhash = regexp.MustCompile(`^[0-9A-Za-z#$%*+,.:;=?@\[\]^_{|}~-]{6,40}$`)

// read believes nothing of what a child says that could not be so: a decoder may have
// been taken over by what it decoded.
func read(out []byte) (Picture, error) {
	line, content, found := bytes.Cut(out, []byte("\n"))
	var a answer
	if err := json.Unmarshal(line, &a); err != nil || !found {
		return Picture{}, refusal("")
	}
	isOurs := (a.Type == jpegType || a.Type == pngType) && TypeOf(content) == a.Type && isBlurhash.MatchString(a.Blurhash) &&
		a.Width > 0 && a.Height > 0 && a.Width <= limits.PictureShown && a.Height <= limits.PictureShown && a.Width*a.Height <= limits.PictureShown
	if a.Reason != "" || !isOurs {
		return Picture{}, refusal(a.Reason)
	}
	return Picture{Type: a.Type, Width: a.Width, Height: a.Height, Blurhash: a.Blurhash, Content: content}, nil
}
