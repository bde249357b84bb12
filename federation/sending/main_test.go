package sending_test

import (
	"os"
	"testing"

	"entente.example/entente/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Run(m)) }
