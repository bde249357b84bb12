package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// read fills an In from the request. Its fields say where from:
//
//	ID     store.Key `path:"id"`                the path
//	Text   string    `param:"status"`           query or body; "name[]" is "name"
//	Key    string    `header:"Idempotency-Key"` a header
//	File   []byte    `file:"file"`              a file of a form (multipart/form-data)
//
// They are strings, bools, ints, keys, or lists of strings or keys; what was not
// sent stays zero. Parameters inside others are named "poll[options]". Errors are
// faults: Invalid, TooLarge, WrongType, and NotFound for a path that is no id.
func read(r *http.Request, in any) error {
	sent, err := params(r)
	if err != nil {
		return err
	}
	return fill(reflect.ValueOf(in).Elem(), r, sent)
}

// sent is what came in a request, by name.
type sent struct {
	url.Values
	files map[string][]byte
}

func fill(in reflect.Value, r *http.Request, sent sent) error {
	for field, value := range in.Fields() {
		var err error
		if field.Anonymous {
			err = fill(value, r, sent)
		} else if name := field.Tag.Get("path"); name != "" {
			if set(value, []string{r.PathValue(name)}) != nil {
				err = activity.ErrNotFound()
			}
		} else if name := field.Tag.Get("header"); name != "" {
			err = set(value, r.Header.Values(name))
		} else if name := field.Tag.Get("file"); name != "" {
			value.SetBytes(sent.files[name])
		} else if name := field.Tag.Get("param"); name != "" {
			if err = set(value, sent.Values[name]); err != nil {
				err = activity.Because(activity.Invalid, "bad_parameter", err, "the parameter "+name+" cannot be read")
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// set writes what was sent into a field; of several values for one the last
// counts.
func set(field reflect.Value, sent []string) (err error) {
	last := ""
	if len(sent) > 0 {
		last = sent[len(sent)-1]
	}
	switch to := field.Addr().Interface().(type) {
	case *string:
		*to = last
	case *bool:
		*to = truthy(last)
	case *[]string:
		*to = sent
	case *int:
		if last != "" {
			*to, err = strconv.Atoi(last)
		}
	case *store.Key:
		if last != "" {
			*to, err = store.ParseKey(last)
		}
	case *[]store.Key:
		for _, s := range sent {
			key, bad := store.ParseKey(s)
			*to, err = append(*to, key), errors.Join(err, bad)
		}
	default:
		panic("api: no input of the type " + field.Type().String())
	}
	return err
}

// truthy reads a bool as Rails does, which is what clients were tested with.
func truthy(s string) bool {
	switch s {
	case "", "0", "f", "F", "false", "FALSE", "off", "OFF", "null":
		return false
	}
	return true
}

// params are the parameters of the query and of the body, which wins.
func params(r *http.Request) (sent, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return sent{}, activity.Because(activity.Invalid, "bad_query", err, "the query of the address cannot be read")
	}
	var files map[string][]byte
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		form, err := body(r)
		if err != nil {
			return sent{}, err
		}
		maps.Copy(values, form.Values)
		files = form.files
	}
	clean := url.Values{}
	for name, values := range values {
		if !isText(name) || !isText(strings.Join(values, "")) {
			return sent{}, activity.Refuse(activity.Invalid, "bad_text", "text is UTF-8 without NUL characters")
		}
		name = strings.TrimSuffix(name, "[]")
		clean[name] = append(clean[name], values...)
	}
	return sent{clean, files}, nil
}

func isText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// body reads what was sent with a POST, PUT, PATCH or DELETE. Many clients name
// a type and send nothing: that is fine.
func body(r *http.Request) (sent, error) {
	raw, err := io.ReadAll(r.Body)
	if e, over := errors.AsType[*http.MaxBytesError](err); over {
		return sent{}, activity.Refuse(activity.TooLarge, "too_large", "this request has at most %d bytes", e.Limit)
	}
	if err != nil {
		return sent{}, activity.Because(activity.Invalid, "bad_body", err, "the request broke off")
	}
	if len(raw) == 0 {
		return sent{}, nil
	}
	form := sent{Values: url.Values{}}
	kind, options, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case "application/json":
		err = readJSON(raw, form.Values)
	case "application/x-www-form-urlencoded":
		form.Values, err = url.ParseQuery(string(raw))
	case "multipart/form-data":
		form, err = readMultipart(raw, options["boundary"])
	default:
		return sent{}, activity.Refuse(activity.WrongType, "wrong_type", "send application/json, application/x-www-form-urlencoded or multipart/form-data")
	}
	if err != nil {
		return sent{}, activity.Because(activity.Invalid, "bad_body", err, "the body of the request is not what its content type says")
	}
	return form, nil
}

// maxParts is how many fields a form has: more than any endpoint reads.
const maxParts = 100

// readMultipart takes the fields and the files, whose names and types are what the
// sender likes to say: nothing looks at them, and nothing is written to the disk.
func readMultipart(raw []byte, boundary string) (sent, error) {
	form := sent{url.Values{}, map[string][]byte{}}
	parts := multipart.NewReader(bytes.NewReader(raw), boundary)
	for range maxParts {
		part, err := parts.NextPart()
		if err == io.EOF {
			return form, nil
		}
		if err != nil {
			return form, err
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return form, err
		}
		if part.FileName() != "" {
			form.files[part.FormName()] = content
		} else if part.FormName() != "" {
			form.Add(part.FormName(), string(content))
		}
	}
	return form, errors.New("more fields than any form has")
}

func readJSON(raw []byte, into url.Values) error {
	var object map[string]any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber() // ids are over 2^53
	if err := d.Decode(&object); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("there is something after the object")
	}
	for name, value := range object {
		flatten(name, value, into)
	}
	return nil
}

// maxNested is how deep an object is looked into: no parameter has a longer name.
const maxNested = 3

// flatten writes a JSON value the way a form would: lists as several values,
// objects as name[key].
func flatten(name string, value any, into url.Values) {
	switch v := value.(type) {
	case nil:
	case string:
		into.Add(name, v)
	case bool:
		into.Add(name, strconv.FormatBool(v))
	case json.Number:
		into.Add(name, v.String())
	case []any:
		for _, each := range v {
			flatten(name, each, into)
		}
	case map[string]any:
		if strings.Count(name, "[") >= maxNested {
			return
		}
		for key, each := range v {
			flatten(name+"["+key+"]", each, into)
		}
	}
}
