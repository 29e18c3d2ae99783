/* barker.h: the C ABI of the barker rescoring plugin, major version 1.
 *
 * A host (a search engine, a JNI bridge, a UDF) loads libbarker.so with dlopen, reads the one
 * exported object `barker_entry`, checks its version and calls through it. The header needs C99 and
 * nothing else; it compiles as C++ too.
 *
 * Rules that hold for everything below
 *   versions   Equal BARKER_ABI_MAJOR, and host minor >= plugin minor. Structs only ever grow at
 * the end; every struct that crosses opens with `struct_size`, the sender's sizeof. A reader takes
 * a field only where struct_size covers it. Arrays of structs carry a stride. text       UTF-8 as
 * pointer and length, never NUL-terminated. Invalid UTF-8 is replaced by U+FFFD. memory     Never
 * changes hands. Whatever a pointer of a request or response points to belongs to the caller and
 * must live until the call returns; the plugin keeps no such pointer. errors     An int32 code.
 * Where a function takes `error`, it may be NULL or point to BARKER_ERROR_SIZE bytes of the
 * caller's, which get a NUL-terminated UTF-8 text on failure. threads    [any thread]: concurrently
 * with itself and with everything but destroy. [control thread]: one call at a time per plugin,
 * while queries go on. manners    Nothing throws across, prints, aborts, starts a thread or touches
 * signal handlers.
 */
#ifndef BARKER_PLUGIN_BARKER_H_
#define BARKER_PLUGIN_BARKER_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BARKER_ABI_MAJOR 1
#define BARKER_ABI_MINOR 0
#define BARKER_ERROR_SIZE 256
#define BARKER_MAX_SELLING_POINTS 3 /* most selling points (SPs) put before one title */

/* ---- codes --------------------------------------------------------------------------------------
 */

#define BARKER_OK 0
#define BARKER_E_INVALID_ARGUMENT 1 /* a NULL, size, count, stride or enum value that cannot be */
#define BARKER_E_VERSION 2   /* ABI or file format of another version, or another endianness */
#define BARKER_E_CONFIG 3    /* the configuration text is wrong; the error names key and line */
#define BARKER_E_NOT_FOUND 4 /* a file that is not there */
#define BARKER_E_BAD_WEIGHTS \
  5                           /* weights refused; the error names check, where, expected, found \
                               */
#define BARKER_E_NO_WEIGHTS 6 /* nothing loaded, or nothing to roll back to */
#define BARKER_E_IO 7         /* the operating system said no */
#define BARKER_E_INTERNAL 8   /* a bug or out of memory; the plugin stays usable */
#define BARKER_E_UNSUPPORTED \
  9 /* an ISA this machine lacks, or an optional part this build lacks \
     */

/* How a query was answered (barker_response.status). Whatever it is, `ads` and `text` are filled.
 */
#define BARKER_STATUS_RESCORED 0 /* the window was rescored and its titles rewritten */
#define BARKER_STATUS_PARTIAL \
  1                              /* the deadline cut it short: what was not reached is as it came \
                                  */
#define BARKER_STATUS_BYPASSED 2 /* first-pass order, original titles */

/* Why (barker_response.reason). */
#define BARKER_REASON_NONE 0
#define BARKER_REASON_DEADLINE 1
#define BARKER_REASON_NO_WEIGHTS 2
#define BARKER_REASON_DISABLED 3   /* switched off by the configuration */
#define BARKER_REASON_NON_FINITE 4 /* a score was not a finite number */
#define BARKER_REASON_NO_ADS 5
#define BARKER_REASON_INTERNAL 6

/* ---- data ---------------------------------------------------------------------------------------
 */

/* UTF-8 text. data may be NULL when size is 0. Frozen: this struct never grows. */
typedef struct barker_string {
  const char* data;
  uint64_t size; /* bytes */
} barker_string;

/* A selling point of an ad: a true feature of the product that may be put before its title. */
typedef struct barker_selling_point {
  uint64_t struct_size;
  barker_string text;   /* plain text as to be shown, not escaped */
  uint64_t fingerprint; /* of the keyword (models/fingerprint.h); 0: the plugin computes it */
} barker_selling_point;

/* One ad of the first pass. */
typedef struct barker_ad {
  uint64_t struct_size;
  barker_string id;
  barker_string title;     /* plain text: entities decoded, not escaped */
  double first_pass_score; /* finite, > 0 where its exponent is not 0 */
  double bid;              /* finite, >= 0, any currency unit */
  const uint64_t*
      title_keywords; /* fingerprints in title order; NULL: the plugin splits the title */
  uint64_t title_keyword_count;
  const barker_selling_point* selling_points; /* may be NULL when the count is 0 */
  uint64_t selling_point_count;
  uint64_t selling_point_stride; /* bytes from one to the next, >= the first one's struct_size */
  uint32_t flags;                /* BARKER_AD_* */
  uint32_t reserved;             /* 0 */
} barker_ad;

#define BARKER_AD_OPT_OUT 1u /* the merchant wants his title untouched */

/* A named bag of features of the user or the query, such as profile: gender=f, age=25-29. The model
 * takes those whose name it was trained with, by name; a group of the model that is not given pools
 * to the zero vector; a group the model does not know is ignored. */
typedef struct barker_group {
  uint64_t struct_size;
  barker_string name;
  const barker_string* tokens;
  uint64_t token_count;
  const float* weights; /* [token_count], finite, >= 0; NULL: 1 each */
} barker_group;

/* One query. */
typedef struct barker_request {
  uint64_t struct_size;
  barker_string query;                /* as the user typed it */
  barker_string user;                 /* id of the user, may be empty: a stranger */
  const barker_string* user_keywords; /* keywords of the user's recent clicks, newest first */
  uint64_t user_keyword_count;
  const barker_group* groups;
  uint64_t group_count;
  uint64_t group_stride;
  const barker_ad* ads; /* in first-pass order, best first */
  uint64_t ad_count;
  uint64_t ad_stride;
  uint64_t window;      /* how many of them to rescore; 0: as configured */
  uint64_t deadline_ns; /* on CLOCK_MONOTONIC; 0: none */
} barker_request;

/* A selling point that was put into a title. Frozen: lives inline in barker_result_ad. */
typedef struct barker_chosen {
  uint32_t index;    /* in the ad's selling_points */
  uint32_t promoted; /* 1: it stood in the title and was moved to the front; 0: added */
  double score;      /* P(user is attracted by this SP | user, query), 0..1 */
  uint64_t begin; /* bytes in the result title: the SP's own text, without marks and separators */
  uint64_t end;
} barker_chosen;

/* One ad of the answer. */
typedef struct barker_result_ad {
  uint64_t struct_size;
  uint64_t ad;  /* index in request.ads */
  double score; /* bid^a * pctr^b * first_pass^c; outside the window: the first-pass score */
  double pctr;  /* P(click | user, query, ad), 0..1; NaN where not predicted */
  uint64_t title_offset; /* in barker_response.text */
  uint64_t title_size;
  uint32_t rescored; /* 1: inside the window and scored */
  uint32_t chosen_count;
  barker_chosen chosen[BARKER_MAX_SELLING_POINTS];
} barker_result_ad;

/* The answer. The caller sets the fields marked [in], the plugin the others. */
typedef struct barker_response {
  uint64_t struct_size;   /* [in] */
  barker_result_ad* ads;  /* [in] caller's array, at least request.ad_count */
  uint64_t ad_capacity;   /* [in] */
  uint64_t ad_stride;     /* [in] */
  char* text;             /* [in] caller's buffer for the titles */
  uint64_t text_capacity; /* [in] */
  uint64_t ad_count;      /* equals request.ad_count on BARKER_OK */
  uint64_t
      text_size;  /* bytes used; on BARKER_E_INVALID_ARGUMENT for a small buffer: bytes needed */
  int32_t status; /* BARKER_STATUS_* */
  int32_t reason; /* BARKER_REASON_* */
  uint64_t generation; /* the weights that served the whole query; 0: none */
  uint64_t map_ns;     /* keywords to rows */
  uint64_t score_ns;   /* pooling, network, attention */
  uint64_t choose_ns;  /* order and choice of SPs */
  uint64_t rewrite_ns; /* titles */
} barker_response;

/* Counters since create. */
typedef struct barker_stats {
  uint64_t struct_size; /* [in] */
  uint64_t queries;
  uint64_t rescored;
  uint64_t partial;
  uint64_t bypassed;
  uint64_t errors; /* calls of rescore that did not return BARKER_OK */
  uint64_t ads_rescored;
  uint64_t titles_rewritten;
  uint64_t loads;
  uint64_t loads_refused;
  uint64_t generation; /* serving now; 0: none */
  uint64_t query_keywords;
  uint64_t query_keywords_unknown;
  uint64_t invalid_utf8; /* byte sequences replaced */
} barker_stats;

#define BARKER_LOG_INFO 0
#define BARKER_LOG_WARNING 1
#define BARKER_LOG_ERROR 2

/* What the host gives. Must outlive the plugin. */
typedef struct barker_host {
  uint64_t struct_size;
  uint32_t abi_major; /* BARKER_ABI_MAJOR of the host's header */
  uint32_t abi_minor;
  void* context;
  /* May be NULL. Called on the thread of the call that logs; message is valid during the call. */
  void (*log)(void* context, int32_t level, barker_string message);
} barker_host;

/* ---- functions ----------------------------------------------------------------------------------
 */

typedef struct barker_plugin barker_plugin; /* opaque */

typedef struct barker_api {
  uint64_t struct_size;
  uint32_t abi_major;
  uint32_t abi_minor;
  const char* version; /* of the plugin, NUL-terminated, static: "0.1.0" */

  /* [any thread] Makes a plugin from a TOML text (README, "Configuration"; empty: the defaults) and
   * picks the kernels for this machine. */
  int32_t (*create)(const barker_host* host, barker_string config, barker_plugin** plugin,
                    char* error);

  /* [control thread] After the last query returned. NULL is allowed. */
  void (*destroy)(barker_plugin* plugin);

  /* [control thread] Opens, checks, proves by the golden vectors and then switches to the weights
   * in `path` (a weight file, or a directory with CURRENT). On failure the old ones go on serving.
   * generation may be NULL. */
  int32_t (*load_weights)(barker_plugin* plugin, barker_string path, uint64_t* generation,
                          char* error);

  /* [control thread] Back to the weights that served before the last load. */
  int32_t (*rollback)(barker_plugin* plugin, uint64_t* generation, char* error);

  /* [any thread] Rescores the window, chooses SPs, writes the titles. The page is never empty
   * because of the plugin: without weights, past the deadline or on an internal failure it answers
   * BARKER_OK with first-pass order and original titles, status and reason. Other codes mean that
   * request or response cannot be read or are too small. */
  int32_t (*rescore)(barker_plugin* plugin, const barker_request* request,
                     barker_response* response, char* error);

  /* [any thread] */
  int32_t (*stats)(barker_plugin* plugin, barker_stats* stats);

  /* [any thread] An optional power by its id ("barker.verify/1"), or NULL. Static. */
  const void* (*get_extension)(const char* id);
} barker_api;

/* The one exported symbol: dlsym(handle, BARKER_ENTRY_SYMBOL) is a `const barker_api*`. Read
 * abi_major and abi_minor before anything else. */
#define BARKER_ENTRY_SYMBOL "barker_entry"

/* ---- extension barker.verify/1
 * ------------------------------------------------------------------- */

#define BARKER_EXT_VERIFY "barker.verify/1"

/* One line of a verification, in order. passed: 1 or 0. Strings live during the call. */
typedef void (*barker_check_callback)(void* context, barker_string check, int32_t passed,
                                      barker_string detail);

typedef struct barker_verify {
  uint64_t struct_size;
  /* [any thread] Runs every check of a load on the file at `path`, the golden vectors once per ISA
   * in `isa` ("baseline", "avx2", "avx512"; empty: each one this machine has). BARKER_OK: all
   * passed. */
  int32_t (*verify)(barker_string path, barker_string isa, barker_check_callback callback,
                    void* context, char* error);
} barker_verify;

/* ---- extension barker.explain/1
 * ------------------------------------------------------------------ */

#define BARKER_EXT_EXPLAIN "barker.explain/1"

typedef struct barker_explain {
  uint64_t struct_size;
  /* [any thread] Explains one query as a JSON object: keywords with known/unknown, per ad the
   * factors of its score, every selling point with its probability and why it was or was not
   * chosen, attention per title keyword. Allocates: not for the hot path. `json` belongs to the
   * plugin until release. */
  int32_t (*explain)(barker_plugin* plugin, const barker_request* request, barker_string* json,
                     char* error);
  void (*release)(barker_string json);
} barker_explain;

#ifdef __cplusplus
}
#endif

#endif /* BARKER_PLUGIN_BARKER_H_ */
