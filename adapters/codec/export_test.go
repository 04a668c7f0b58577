package codec

import flags "flag"

// Update asks to write what is made by tests anew.
var Update = flags.Bool("update", false, "write the golden files and the schemas anew")
