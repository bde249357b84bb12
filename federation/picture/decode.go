package picture

import (
	"bytes"
	"errors"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math"

	"github.com/bbrks/go-blurhash"
	"golang.org/x/image/draw"
	"golang.org/x/image/webp"

	"entente.example/entente/activity/limits"
)

var (
	errManyPixels = errors.New("more pixels than are read")
	errUnknown    = errors.New("not a picture")
)

// quality of a JPEG: the eye sees no difference from here on.
const quality = 85

// maxPNG is where an opaque picture becomes a JPEG: up to here it may be a drawing,
// whose lines a JPEG would spoil.
const maxPNG = 4 << 20

type decoder struct {
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

func decoderOf(kind string) (decoder, error) {
	switch kind {
	case jpegType:
		return decoder{jpeg.DecodeConfig, jpeg.Decode}, nil
	case pngType:
		return decoder{png.DecodeConfig, png.Decode}, nil
	case gifType:
		return decoder{gif.DecodeConfig, gif.Decode}, nil // the first picture only
	case webpType:
		return decoder{webp.DecodeConfig, webp.Decode}, nil
	}
	return decoder{}, errUnknown
}

// recode is all that a child is for. The size is looked at before the pixels are.
func recode(file []byte) (Picture, error) {
	kind := TypeOf(file)
	d, err := decoderOf(kind)
	if err != nil {
		return Picture{}, err
	}
	config, err := d.config(bytes.NewReader(file))
	if err != nil {
		return Picture{}, err
	}
	if config.Width <= 0 || config.Height <= 0 || config.Width > limits.PicturePixels/config.Height {
		return Picture{}, errManyPixels
	}
	img, err := d.decode(bytes.NewReader(file))
	if err != nil {
		return Picture{}, err
	}
	img = upright(fit(img, limits.PictureShown), orientation(file, kind))
	p := Picture{Width: img.Bounds().Dx(), Height: img.Bounds().Dy()}
	if p.Blurhash, err = blurhash.Encode(4, 3, fit(img, 32*32)); err != nil {
		return Picture{}, err
	}
	p.Type, p.Content, err = encode(img, kind)
	return p, err
}

// fit makes a picture smaller, if it has more pixels than that.
func fit(img image.Image, most int) image.Image {
	from := img.Bounds()
	w, h := from.Dx(), from.Dy()
	if w <= most/h {
		return img
	}
	by := math.Sqrt(float64(most) / (float64(w) * float64(h)))
	side := func(n int) int { return max(1, min(int(float64(n)*by), most)) }
	to := image.NewRGBA(image.Rect(0, 0, side(w), side(h)))
	draw.ApproxBiLinear.Scale(to, to.Bounds(), img, from, draw.Src, nil) // to a half at most, which it does well and without memory
	return to
}

// encode writes a photo as JPEG, and what must keep its lines or is transparent as PNG.
func encode(img image.Image, was string) (kind string, content []byte, err error) {
	var b bytes.Buffer
	seen, ok := img.(interface{ Opaque() bool })
	isOpaque := ok && seen.Opaque()
	if !isOpaque || was == pngType || was == gifType {
		if err := png.Encode(&b, img); err != nil {
			return "", nil, err
		}
		if !isOpaque || b.Len() <= maxPNG {
			return pngType, b.Bytes(), nil
		}
		b.Reset()
	}
	err = jpeg.Encode(&b, img, &jpeg.Options{Quality: quality})
	return jpegType, b.Bytes(), err
}
