// What ThreadSanitizer shall not report: it does not see how GLib and what stands on it
// synchronize, as Debian's are built without it.
extern "C" const char* __tsan_default_suppressions();

extern "C" const char* __tsan_default_suppressions() {
  return "race:libglib-2.0.so\n"
         "race:libgio-2.0.so\n"
         "race:libgobject-2.0.so\n"
         "race:libsecret-1.so\n";
}
