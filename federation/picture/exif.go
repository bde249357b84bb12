package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/draw"
)

// orientation is how a camera was held, 1 to 8 (Exif 2.32, tag 0x0112); 1, upright,
// where the file does not say.
func orientation(file []byte, kind string) int {
	var tiff []byte
	switch kind {
	case jpegType:
		tiff = exifOfJPEG(file[2:])
	case pngType:
		tiff = chunk(file[8:], "eXIf", binary.BigEndian, 4)
	case webpType:
		tiff = bytes.TrimPrefix(chunk(file[12:], "EXIF", binary.LittleEndian, 0), []byte(exifMark))
	}
	return orientationIn(tiff)
}

const exifMark = "Exif\x00\x00"

// exifOfJPEG finds the segment among those before the pixels.
func exifOfJPEG(b []byte) []byte {
	for len(b) > 4 && b[0] == 0xff {
		length := int(binary.BigEndian.Uint16(b[2:]))
		if b[1] == 0xda || length < 2 || 2+length > len(b) { // the pixels, or the end
			return nil
		}
		if body := b[4 : 2+length]; b[1] == 0xe1 && bytes.HasPrefix(body, []byte(exifMark)) {
			return body[len(exifMark):]
		}
		b = b[2+length:]
	}
	return nil
}

// chunk finds one by its name: in PNG the length stands before the name, and a sum of
// 4 bytes after the body; in WebP behind it, and the body is padded to even length.
func chunk(b []byte, name string, order binary.ByteOrder, sum int) []byte {
	for len(b) >= 8 {
		at, length := string(b[:4]), int64(order.Uint32(b[4:]))
		if sum > 0 {
			at, length = string(b[4:8]), int64(order.Uint32(b))
		}
		next := 8 + length + int64(sum)
		if sum == 0 {
			next += length & 1
		}
		if 8+length > int64(len(b)) {
			return nil
		}
		if at == name {
			return b[8 : 8+length]
		}
		b = b[min(next, int64(len(b))):]
	}
	return nil
}

// orientationIn reads the first directory of a TIFF header.
func orientationIn(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if tiff[0] == 'M' {
		order = binary.BigEndian
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 1
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < 12 {
			return 1
		}
		if order.Uint16(entries) == 0x0112 {
			if o := int(order.Uint16(entries[8:])); 1 <= o && o <= 8 {
				return o
			}
			return 1
		}
		entries = entries[12:]
	}
	return 1
}

// upright turns a picture as the orientation says.
func upright(img image.Image, orientation int) image.Image {
	if orientation <= 1 {
		return img
	}
	from := image.NewRGBA(image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy()))
	draw.Draw(from, from.Bounds(), img, img.Bounds().Min, draw.Src)
	w, h := from.Bounds().Dx(), from.Bounds().Dy()
	size := image.Rect(0, 0, w, h)
	if orientation >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	to := image.NewRGBA(size)
	for y := range size.Dy() {
		for x := range size.Dx() {
			u, v := source(orientation, x, y, w, h)
			copy(to.Pix[to.PixOffset(x, y):][:4], from.Pix[from.PixOffset(u, v):][:4])
		}
	}
	return to
}

// source is where the pixel at x, y of the upright picture comes from, in one of the
// size w by h.
func source(orientation, x, y, w, h int) (u, v int) {
	switch orientation {
	case 2:
		return w - 1 - x, y
	case 3:
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case 6:
		return y, h - 1 - x
	case 7:
		return w - 1 - y, h - 1 - x
	default: // 8
		return w - 1 - y, x
	}
}
