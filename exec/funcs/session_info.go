package funcs

import (
	"runtime/debug"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// sessionInfo tells of the connection and the program.
var sessionInfo = []Scalar{
	sessionText("current_database current_schema", "current_database(): the database that names without one are looked up in", func(s *Session) string { return s.Database }),
	sessionText("current_catalog", "current_catalog(): the catalog; current_catalog() is 'hive'", func(*Session) string { return "hive" }),
	sessionText("current_user logged_in_user", "current_user(): the user of the connection", func(s *Session) string { return s.User }),
	sessionText("version buildversion", "version(): the version of winnow", func(*Session) string { return programVersion() }),
	{Name: "current_groups", Doc: "current_groups(): the groups of the user, as far as winnow knows: none", Bind: func(args []Arg) (Bound, error) {
		t := datatype.Array(datatype.String)
		return Bound{Type: t, Kernel: func(c *Ctx, _ []Vec, n int) (arrow.Array, error) {
			return listArray(c.Mem, t, steps(n, 0), allValid(n), datatype.Nulls(c.Mem, datatype.String, 0)), nil
		}}, wantArgs("current_groups", args, 0, 0)
	}},
	refused("reflect"), refused("reflect2"), refused("java_method"),
}

func sessionText(names, doc string, f func(s *Session) string) Scalar {
	return strict(names, doc, datatype.String, func(c *Ctx, _ []Vec, n int) (arrow.Array, error) {
		text := f(c.Session)
		return textRows(c, datatype.String, nil, n, func(dst []byte, _ int) ([]byte, bool) { return append(dst, text...), true })
	})
}

// programVersion is the version of the module that the program was built from.
func programVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return "winnow " + info.Main.Version
	}
	return "winnow (devel)"
}

// refused is a function that calls Java methods, which winnow does not have; the hint names what does the same.
func refused(name string) Scalar {
	return Scalar{Name: name, Doc: name + "(class, method, …): calls a Java method; refused, the error names the function that replaces it", Bind: func(args []Arg) (Bound, error) {
		class, _ := constText(args, 0)
		method, _ := constText(args, 1)
		err := diag.Errorf(diag.Unsupported, "%s would call Java, which winnow does not have", name)
		switch {
		case class == "java.net.URLDecoder":
			err.Hint = "use url_decode(s)"
		case class == "java.net.URLEncoder":
			err.Hint = "use url_encode(s)"
		case class == "java.util.UUID":
			err.Hint = "use uuid()"
		case class == "java.lang.Math" && method != "":
			err.Hint = "use " + method + "(…)"
		}
		return Bound{}, err
	}}
}
