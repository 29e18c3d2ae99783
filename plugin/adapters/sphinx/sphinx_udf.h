/* The binary interface between searchd and a library of user-defined functions (UDFs), as Sphinx
 * 2.2 and Manticore have it.
 *
 * These are the facts of that interface, declared anew: numbers, the order of fields and the types
 * of functions. searchd's own header is not needed.
 *
 * For a function F, searchd looks up F_init, F and F_deinit, and for a library L.so L_ver, which
 * tells the version that the library was made for. searchd refuses a library whose version is older
 * than its own and takes every newer one: 2.2.11 asks for 9, later servers for up to 12. What is
 * declared here is the same in all of them.
 *
 * Threads: searchd calls F_init, F and F_deinit of one expression one after another. Expressions of
 * different queries run at the same time.
 */
#ifndef BARKER_PLUGIN_ADAPTERS_SPHINX_SPHINX_UDF_H_
#define BARKER_PLUGIN_ADAPTERS_SPHINX_SPHINX_UDF_H_

enum {
  kUdfVersion = 12,
  kUdfErrorSize = 256, /* bytes of the message of F_init */
};

/* Types of arguments (udf_arguments.types). */
enum {
  kUdfUint32 = 1,
  kUdfInt64 = 3,
  kUdfFloat = 4,
  kUdfString = 5,
  kUdfJson = 8, /* as a string */
};

/* F_init gets types alone: `values` are NULL there, even those of constants. */
struct udf_arguments {
  int count;
  const int* types;
  char** values;      /* [count] points to a number, or to the bytes of a string, without a NUL */
  char** names;       /* searchd 2.2.11 leaves them NULL */
  const int* lengths; /* [count] bytes of each string */
  void* (*allocate)(int size); /* for a string that F returns; searchd frees it */
};

struct udf_init {
  void* data; /* the library's own, from F_init to F_deinit */
  char is_constant;
};

/* Writes to the log of the server. Manticore hands it to L_setlogcb; Sphinx 2.2.11 has no such
 * call. A size of -1 says that the text ends with NUL. */
typedef void udf_log(const char* text, int size);

#endif /* BARKER_PLUGIN_ADAPTERS_SPHINX_SPHINX_UDF_H_ */
