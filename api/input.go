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

func fill(in reflect.Value, r *http.Request, sent url.Values) error {
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
		} else if name := field.Tag.Get("param"); name != "" {
			if err = set(value, sent[name]); err != nil {
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
func params(r *http.Request) (url.Values, error) {
	sent, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, activity.Because(activity.Invalid, "bad_query", err, "the query of the address cannot be read")
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		form, err := body(r)
		if err != nil {
			return nil, err
		}
		maps.Copy(sent, form)
	}
	clean := url.Values{}
	for name, values := range sent {
		if !isText(name) || !isText(strings.Join(values, "")) {
			return nil, activity.Refuse(activity.Invalid, "bad_text", "text is UTF-8 without NUL characters")
		}
		name = strings.TrimSuffix(name, "[]")
		clean[name] = append(clean[name], values...)
	}
	return clean, nil
}

func isText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// body reads what was sent with a POST, PUT, PATCH or DELETE. Many clients name
// a type and send nothing: that is fine.
func body(r *http.Request) (url.Values, error) {
	raw, err := io.ReadAll(r.Body)
	if _, over := errors.AsType[*http.MaxBytesError](err); over {
		return nil, activity.Refuse(activity.TooLarge, "too_large", "a request has at most %d bytes", MaxBody)
	}
	if err != nil {
		return nil, activity.Because(activity.Invalid, "bad_body", err, "the request broke off")
	}
	if len(raw) == 0 {
		return nil, nil
	}
	form := url.Values{}
	kind, options, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case "application/json":
		err = readJSON(raw, form)
	case "application/x-www-form-urlencoded":
		form, err = url.ParseQuery(string(raw))
	case "multipart/form-data":
		form, err = readMultipart(raw, options["boundary"])
	default:
		return nil, activity.Refuse(activity.WrongType, "wrong_type", "send application/json, application/x-www-form-urlencoded or multipart/form-data")
	}
	if err != nil {
		return nil, activity.Because(activity.Invalid, "bad_body", err, "the body of the request is not what its content type says")
	}
	return form, nil
}

// readMultipart takes the fields and leaves files out: nothing here takes any.
func readMultipart(raw []byte, boundary string) (url.Values, error) {
	form, err := multipart.NewReader(bytes.NewReader(raw), boundary).ReadForm(MaxBody)
	if err != nil {
		return nil, err
	}
	return form.Value, form.RemoveAll()
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
