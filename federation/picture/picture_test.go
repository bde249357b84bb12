package picture

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
)

func TestPicturesAreReadTurnedAndWrittenAnew(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		file          []byte
		kind          string
		width, height int
	}{
		"a PNG stays one":                    {pngOf(t, 30, 20), "image/png", 30, 20},
		"a GIF becomes a PNG":                {gifOf(t, 30, 20, 3), "image/png", 30, 20},
		"a JPEG stays one":                   {jpegOf(t, 30, 20), "image/jpeg", 30, 20},
		"a JPEG that was held on its side":   {held(jpegOf(t, 30, 20), 6), "image/jpeg", 20, 30},
		"a JPEG that was held upside down":   {held(jpegOf(t, 30, 20), 3), "image/jpeg", 30, 20},
		"a JPEG with an orientation of 77":   {held(jpegOf(t, 30, 20), 77), "image/jpeg", 30, 20},
		"a large one is made smaller":        {jpegOf(t, 4100, 2050), "image/jpeg", 4072, 2036},
		"one that is long and thin is, too":  {pngOf(t, 1, 60000), "image/png", 1, 60000},
		"a lossless WebP with transparency":  {webpOf(), "image/png", 1, 1},
		"a PNG with all sorts of text in it": {withText(pngOf(t, 30, 20)), "image/png", 30, 20},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := studio.Recode(t.Context(), tc.file)
			if err != nil || p.Type != tc.kind || p.Width != tc.width || p.Height != tc.height || len(p.Blurhash) < 6 {
				t.Fatalf("%s %dx%d %q, %v", p.Type, p.Width, p.Height, p.Blurhash, err)
			}
			if c, kind, err := image.DecodeConfig(bytes.NewReader(p.Content)); err != nil || "image/"+kind != tc.kind || c.Width != tc.width || c.Height != tc.height {
				t.Errorf("it is really %s %dx%d, %v", kind, c.Width, c.Height, err)
			}
			for _, trace := range []string{"Exif", "tEXt", "secret"} {
				if bytes.Contains(p.Content, []byte(trace)) {
					t.Errorf("it still has %q in it", trace)
				}
			}
		})
	}
}

func TestAPictureIsTurnedAsTheCameraWasHeld(t *testing.T) {
	t.Parallel()
	// Red on the left, blue on the right; held so that what is left belongs on top.
	was := image.NewRGBA(image.Rect(0, 0, 2, 1))
	was.Set(0, 0, color.RGBA{R: 255, A: 255})
	was.Set(1, 0, color.RGBA{B: 255, A: 255})
	for orientation, first := range map[int]color.RGBA{1: {R: 255, A: 255}, 2: {B: 255, A: 255}, 3: {B: 255, A: 255}, 6: {R: 255, A: 255}, 8: {B: 255, A: 255}} {
		is := upright(was, orientation)
		if got := is.At(0, 0); got != first || (orientation > 4) != (is.Bounds().Dy() == 2) {
			t.Errorf("%d: %v %v", orientation, got, is.Bounds())
		}
	}
}

func TestWhatIsNoPictureIsRefusedKindly(t *testing.T) {
	t.Parallel()
	for reason, file := range map[string][]byte{
		"not_a_picture":  []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`),
		"broken_picture": pngOf(t, 30, 20)[:60],
		"many_pixels":    huge(pngOf(t, 1, 1), 60000, 60000),
		"large_picture":  append(pngOf(t, 1, 1), make([]byte, limits.PictureBytes)...),
	} {
		_, err := studio.Recode(t.Context(), file)
		if f := activity.FaultOf(err); f.Reason != reason || !strings.Contains(f.Say, "picture") {
			t.Errorf("%s: %v", reason, err)
		}
	}
}

func TestAChildThatTakesTooLongIsKilled(t *testing.T) {
	t.Parallel()
	hurried := NewStudio()
	hurried.deadline = time.Millisecond
	file := pngOf(t, 4000, 4000)
	for range 5 {
		if _, err := hurried.Recode(t.Context(), file); activity.FaultOf(err).Reason != "costly_picture" {
			t.Fatalf("%v", err)
		}
	}
	if len(hurried.places) != 0 {
		t.Error("its place is not free")
	}
}

func TestSoManyPicturesAreMadeAtOnce(t *testing.T) {
	t.Parallel()
	s, file := NewStudio(), pngOf(t, 30, 20)
	for range limits.RecodesAtOnce - 1 {
		s.places <- struct{}{}
	}
	if _, err := s.Recode(t.Context(), file); err != nil {
		t.Errorf("with one place left: %v", err)
	}
	s.places <- struct{}{}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.Recode(ctx, file); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("with none: %v", err)
	}
}

// The child is not believed: a decoder may have been taken over.
func TestWhatAChildSaysIsChecked(t *testing.T) {
	t.Parallel()
	good := `{"type":"image/png","width":1,"height":1,"blurhash":"L00000fQfQfQfQfQfQfQfQfQfQfQ"}` + "\n"
	content := string(pngOf(t, 1, 1))
	if _, err := read([]byte(good + content)); err != nil {
		t.Fatal(err)
	}
	for name, out := range map[string]string{
		"nothing":           "",
		"no content":        good,
		"a document":        good + `{"type":"Person"}`,
		"another type":      strings.Replace(good, "png", "svg", 1) + content,
		"no size":           strings.Replace(good, `"width":1`, `"width":0`, 1) + content,
		"a monstrous size":  strings.Replace(good, `"width":1`, `"width":99999999`, 1) + content,
		"markup":            strings.Replace(good, "L00", `\"><script>`, 1) + content,
		"a reason besides":  strings.Replace(good, "{", `{"reason":"x",`, 1) + content,
		"a reason of yours": `{"reason":"suspended"}` + "\n",
	} {
		if _, err := read([]byte(out)); activity.FaultOf(err).Reason != "costly_picture" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

var studio = NewStudio()

func drawn(w, h int) *image.Paletted {
	img := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.Gray{200}, color.RGBA{R: 255, A: 255}})
	for x := range w {
		img.SetColorIndex(x, h/2, 1)
	}
	return img
}

func pngOf(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, drawn(w, h)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegOf(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, drawn(w, h), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gifOf(t testing.TB, w, h, frames int) []byte {
	t.Helper()
	g := &gif.GIF{}
	for range frames {
		g.Image, g.Delay = append(g.Image, drawn(w, h)), append(g.Delay, 1)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// webpOf is the smallest lossless WebP: one transparent pixel.
func webpOf() []byte {
	return []byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00")
}

// held adds what a camera says of how it was held, and where.
func held(file []byte, orientation uint16) []byte {
	exif := []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01")
	exif = binary.BigEndian.AppendUint16(exif, orientation)
	exif = append(exif, "\x00\x00\x00\x00\x00\x00 secret place"...)
	segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(exif)+2))
	return bytes.Join([][]byte{file[:2], segment, exif, file[2:]}, nil)
}

// withText adds a text chunk behind the header of a PNG; nobody checks its sum.
func withText(file []byte) []byte {
	text := "tEXtComment\x00secret"
	const header = 33
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(text)-4))
	chunk = binary.BigEndian.AppendUint32(append(chunk, text...), crc32.ChecksumIEEE([]byte(text)))
	return bytes.Join([][]byte{file[:header], chunk, file[header:]}, nil)
}

// huge gives a PNG another size in its header.
func huge(file []byte, w, h uint32) []byte {
	b := bytes.Clone(file)
	binary.BigEndian.PutUint32(b[16:], w)
	binary.BigEndian.PutUint32(b[20:], h)
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}

// A decoder that has been taken over does not fill our memory.
func TestOfAChildSoMuchIsHeard(t *testing.T) {
	t.Parallel()
	child := func(script string) ([]byte, error) {
		t.Helper()
		path := filepath.Join(t.TempDir(), "child")
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
			t.Fatal(err)
		}
		return start(t.Context(), path, nil, false)
	}
	const head = "PATH=/usr/bin:/bin; head -c %d /dev/zero"
	for _, beyond := range []int{0, 1} { // of what is too long the last piece may be left out whole
		out, err := child(fmt.Sprintf(head, limits.PictureOutput+beyond))
		if err != nil || len(out) > limits.PictureOutput || beyond == 0 && len(out) < limits.PictureOutput {
			t.Errorf("of %d beyond %d bytes are heard, %v", beyond, len(out), err)
		}
		_, err = child(fmt.Sprintf(head+` | tr '\0' 'x' >&2; exit %d`, limits.RecodeComplaint+beyond, exitNoSandbox))
		if n := strings.Count(fmt.Sprint(err), "x"); n > limits.RecodeComplaint || beyond == 0 && n < limits.RecodeComplaint {
			t.Errorf("of a complaint with %d beyond %d characters are heard", beyond, n)
		}
	}
}
