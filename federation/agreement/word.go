package agreement

import (
	"slices"

	"entente.example/entente/activity"
)

// Word names one thing that a grant allows the other side's people to do.
type Word string

// The words that this version enforces. Others may stand in a grant: they are kept,
// and allow nothing here.
const (
	Profile    Word = "profile"          // see our people's profiles
	Directory  Word = "directory"        // search our people
	Follow     Word = "follow"           // follow them
	Mention    Word = "mention"          // name them in posts
	Direct     Word = "dm"               // write to them alone
	SeeClosed  Word = "group.see_closed" // see that our closed groups exist
	JoinGroup  Word = "group.join"       // take part in our groups
	HostGroup  Word = "group.host"       // have our people in their groups
	Post       Word = "post"             // post in our groups
	Comment    Word = "comment"          // answer our people's posts
	React      Word = "react"            // like, boost, react, vote
	ViewFile   Word = "file.view"        // get our files
	UploadFile Word = "file.upload"      // send us files
	Event      Word = "event"            // send and answer events
	Bot        Word = "bot"              // act by program
)

// isReading says that a word lets people see something.
func (w Word) isReading() bool {
	return w == Profile || w == Directory || w == SeeClosed || w == ViewFile
}

// Words are all of them, in the order in which people read them.
func Words() []Word {
	return []Word{Profile, Directory, Follow, Mention, Direct, SeeClosed, JoinGroup, HostGroup,
		Post, Comment, React, ViewFile, UploadFile, Event, Bot}
}

// IsWord says whether this version knows a word.
func IsWord(w Word) bool { return slices.Contains(Words(), w) }

// ReadWords takes "all" or words that this version knows. An unknown one is Invalid,
// "unknown_word".
func ReadWords(texts []string) ([]Word, error) {
	var words []Word
	for _, text := range texts {
		w := Word(text)
		if text == "all" {
			return Words(), nil
		}
		if !IsWord(w) {
			return nil, activity.Refuse(activity.Invalid, "unknown_word", "%.64q is nothing that can be granted; what can is: %v", text, Words())
		}
		words = append(words, w)
	}
	return words, nil
}
