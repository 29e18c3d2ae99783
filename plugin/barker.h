/* barker.h: the C ABI of the barker rescoring plugin, major version 1.
 *
 * A host (a search engine, a JNI bridge, a UDF) loads libbarker.so with dlopen, reads the one
 * exported object `barker_entry`, checks its version and calls through it. The header needs C99 and
 * nothing else; it compiles as C++ too.
 *
 * Rules that hold for everything below
 *   versions   An equal BARKER_ABI_MAJOR is enough: any minor of the host meets any minor of the
 *              plugin. Structs only ever grow at the end; every struct that crosses opens with
 *              `struct_size`, and each side reads and writes only what struct_size covers (results
 *              of a host since 1.2: what the stride covers). What the other side does not know is
 *              zero. Arrays of structs carry a stride. A field that is
 *              marked "since 1.x" has an effect only where the plugin's abi_minor is at least x.
 *   text       UTF-8 as pointer and length, never NUL-terminated. Invalid UTF-8 is replaced by
 *              U+FFFD. Rewritten titles are HTML with <em> around selling points and, since 1.3,
 *              <bdi> around text of the other direction, unless the configuration says
 *              otherwise ([title] format, open, close, direction).
 *   memory     Never changes hands. Whatever a pointer of a request or response points to belongs
 *              to the caller and must live until the call returns; the plugin keeps no such
 *              pointer. The buffers of a response must not overlap each other or the request.
 *   errors     An int32 code. Where a function takes `error`, it may be NULL or point to
 *              BARKER_ERROR_SIZE bytes of the caller's, which get a NUL-terminated UTF-8 text on
 *              failure. Numbers in messages are written the same in every locale.
 *   threads    [any thread]: concurrently with itself and with everything but destroy.
 *              [control thread]: one call at a time per plugin, while queries go on; a second one
 *              waits. A thread that is cancelled (pthread_cancel) inside of a call ends after it.
 *   callbacks  Run on the thread of the call. In the log callback [any thread] calls are allowed; a
 *              [control thread] call of the same plugin returns BARKER_E_REENTRANT, for it would
 *              wait for itself. What a callback throws does not get out: the log's is ignored,
 *              others' make their call fail with BARKER_E_INTERNAL. None may longjmp out.
 *   fork       A child of fork may query a plugin of its parent and may make control calls. Where
 *              another thread was inside of a control call when the process forked, control calls
 *              in the child return BARKER_E_REENTRANT; where one was inside of compare, so do
 *              compare and read_agreement. In both cases destroy does nothing. What other threads
 *              were using at the fork is not freed in the child.
 *   clock      deadline_ns is a time of CLOCK_MONOTONIC in nanoseconds, as std::steady_clock and,
 *              on Linux, Java's System.nanoTime() give it.
 *   manners    Nothing throws across, prints, aborts, starts a thread or touches signal handlers.
 *              A call leaves the caller's floating-point environment as it was and does not depend
 *              on it; callbacks run in the default one. The library is linked with -z nodelete:
 *              dlclose does not unload it. It needs ICU (libicuuc, libicui18n), libsodium and
 *              libstdc++ on the machine.
 */
#ifndef BARKER_PLUGIN_BARKER_H_
#define BARKER_PLUGIN_BARKER_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BARKER_ABI_MAJOR 1
#define BARKER_ABI_MINOR 5
#define BARKER_ERROR_SIZE 256
#define BARKER_MAX_SELLING_POINTS 3 /* most selling points (SPs) put before one title */

/* ---- codes ---------------------------------------------------------------------------------- */

#define BARKER_OK 0
#define BARKER_E_INVALID_ARGUMENT 1 /* a NULL, size, count, stride or enum value that cannot be */
#define BARKER_E_VERSION 2          /* ABI or file format of another version or endianness */
#define BARKER_E_CONFIG 3           /* the configuration is wrong; the error names key and line */
#define BARKER_E_NOT_FOUND 4        /* a file that is not there */
#define BARKER_E_BAD_WEIGHTS 5      /* refused; the error names check, where, expected, found */
#define BARKER_E_NO_WEIGHTS 6       /* nothing loaded, or nothing to roll back to */
#define BARKER_E_IO 7               /* the operating system said no */
#define BARKER_E_INTERNAL 8         /* a bug or out of memory; the plugin stays usable */
#define BARKER_E_UNSUPPORTED 9      /* an ISA this machine lacks, or a part this build lacks */
/* Since 1.2: response.text_capacity is too small, and text_size says what is needed. A host of 1.1
 * or before gets BARKER_E_INVALID_ARGUMENT, as its header says. */
#define BARKER_E_TOO_SMALL 10
/* Since 1.2: the call would wait for ever, for itself or for a thread that the parent of this
 * process had at the fork. Control calls, compare and read_agreement return it. */
#define BARKER_E_REENTRANT 11

/* How a query was answered (barker_response.status). Whatever it is, `ads` and `text` are
 * filled. */
#define BARKER_STATUS_RESCORED 0 /* the window was rescored and its titles rewritten */
#define BARKER_STATUS_PARTIAL \
  1 /* cut short by the deadline: what was not reached is as it came; since
                                  * 1.5 also for BARKER_REASON_NO_CLICK_RATES */
#define BARKER_STATUS_BYPASSED 2 /* first-pass order, original titles */

/* Why (barker_response.reason). */
#define BARKER_REASON_NONE 0
#define BARKER_REASON_DEADLINE 1
#define BARKER_REASON_NO_WEIGHTS 2
#define BARKER_REASON_DISABLED 3   /* switched off by the configuration */
#define BARKER_REASON_NON_FINITE 4 /* a score was not a finite number */
#define BARKER_REASON_NO_ADS 5
#define BARKER_REASON_INTERNAL 6
/* Since 1.5: an experiment chooses selling points by click rates, which the weights do not have, as
 * after a rollback. The page is ordered, and its titles are the merchants' own. */
#define BARKER_REASON_NO_CLICK_RATES 7

/* ---- limits: a request beyond them is refused, for it is a mistake or an attack -------------- */

#define BARKER_MAX_ADS 10000
#define BARKER_MAX_TEXT_SIZE 65536        /* bytes of a query, title, keyword, selling point, id */
#define BARKER_MAX_REQUEST_TEXT (8 << 20) /* since 1.2: bytes of all texts of a request together */
#define BARKER_MAX_TOKENS 100000          /* keywords of a user, tokens of a group */
#define BARKER_MAX_GROUPS 256
#define BARKER_MAX_TITLE_KEYWORDS 4096    /* of one ad */
#define BARKER_MAX_AD_SELLING_POINTS 1024 /* of one ad */
#define BARKER_MAX_NUMBER 1e12            /* bid, first-pass score, weight in a group */
#define BARKER_MAX_USER_STATE (1 << 20)   /* since 1.5: bytes of a user's state */
#define BARKER_MAX_SHOWN 1024             /* since 1.5: selling points of one barker_learn.update */

/* Since 1.2 an ad that is beyond these limits by itself (one of its texts, its numbers, its selling
 * points) does not refuse the page: it keeps its first-pass rank and its own title, the other ads
 * of the window are ordered around it, and its result carries BARKER_RESULT_BAD_AD. Its own title
 * is empty where it is NULL or longer than BARKER_MAX_REQUEST_TEXT. Query, user, groups, counts,
 * strides and struct sizes that cannot be refuse the request, and so does a total of texts above
 * BARKER_MAX_REQUEST_TEXT, which is looked at before any work is done. */

/* ---- data ----------------------------------------------------------------------------------- */

/* UTF-8 text. data may be NULL when size is 0. Frozen: this struct never grows. */
typedef struct barker_string {
  const char* data;
  uint64_t size; /* bytes */
} barker_string;

/* A selling point of an ad: a true feature of the product that may be put before its title. */
typedef struct barker_selling_point {
  uint64_t struct_size;
  barker_string text;   /* plain text as to be shown, not escaped */
  uint64_t fingerprint; /* of the keyword (models/text/fingerprint.h); 0: the plugin computes it */
} barker_selling_point;

/* One ad of the first pass. */
typedef struct barker_ad {
  uint64_t struct_size;
  barker_string id;
  barker_string title; /* plain text: entities decoded, not escaped */
  /* 0 to BARKER_MAX_NUMBER. A negative or non-finite one makes the ad a bad ad (above): shift or
   * transform scores that can be negative, such as logarithms, before the call. */
  double first_pass_score;
  double bid; /* 0 to BARKER_MAX_NUMBER, any currency unit */
  /* Fingerprints of the title's words in title order, with a 0 between two words where a clause
   * ends (models/text/clauses.h; barker.keywords/1 gives both). The plugin composes phrases of
   * them, with those of the weights that serve. A phrase that the host has composed itself stays as
   * it is. NULL: the plugin splits the title. */
  const uint64_t* title_keywords;
  uint64_t title_keyword_count;
  const barker_selling_point* selling_points; /* may be NULL when the count is 0 */
  uint64_t selling_point_count;
  uint64_t selling_point_stride; /* bytes from one to the next, >= the first one's struct_size */
  uint32_t flags;                /* BARKER_AD_*; an unknown bit refuses the request */
  uint32_t reserved;             /* 0, or the request is refused */
  /* Since 1.1, for rules; may be empty: */
  barker_string merchant; /* id */
  barker_string category;
  /* Since 1.3. The number of this ad in the catalogue that the request names; 0: it is not of the
   * catalogue. Otherwise id, title, keywords, selling points, merchant and category are those of
   * the catalogue, whatever stands here; flags of both hold; bid and first-pass score are those
   * here. */
  uint64_t catalogue_ad;
} barker_ad;

#define BARKER_AD_OPT_OUT 1u /* the merchant wants the title untouched */

/* A named bag of features of the user or the query, such as profile: gender=f, age=25-29. The model
 * takes those whose name it was trained with, by name; a group of the model that is not given pools
 * to the zero vector; a group the model does not know is ignored. */
typedef struct barker_group {
  uint64_t struct_size;
  barker_string name;
  const barker_string* tokens;
  uint64_t token_count;
  const float* weights; /* [token_count], 0 to BARKER_MAX_NUMBER; NULL: 1 each */
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
  uint64_t deadline_ns; /* on CLOCK_MONOTONIC, looked at after every 0.1 ms or so; 0: none */
  /* Since 1.2: how many ads of the answer will be shown. The window is ordered as a whole, but
   * selling points are scored and titles rewritten for the first `shown` ads of the answer only;
   * the others come with their own titles. Those shown get the same answer as without it. 0:
   * all. */
  uint64_t shown;
  /* Since 1.3. The handle of a catalogue (barker.catalogue/1); 0: none. A handle or a number that
   * is not there refuses the request. */
  uint64_t catalogue;
  /* Since 1.5. Name of a width profile of the configuration ([title.profile.NAME]), such as
   * "mobile". Empty: titles are as [title] says. An unknown name is answered in the same way, so
   * that a mistyped one takes down no page; barker_stats.unknown_surfaces counts such queries, and
   * an explanation says "known": false. */
  barker_string surface;
  /* Since 1.5. What places a request without user in experiments, such as the id of a cookie; may
   * be empty. A request without both is in no experiment. */
  barker_string visitor;
  /* Since 1.5. A random number, on which alone everything depends that is drawn for this request; a
   * host that keeps it can have the same answer again. 0: the plugin takes one of its own. */
  uint64_t seed;
  /* Since 1.5. The user's own state, which barker.learn/1 makes; NULL and 0: none. At most
   * BARKER_MAX_USER_STATE bytes, of any alignment. One of another tower version, a damaged one and
   * one for a model that has no states is ignored, which barker_stats counts: the page is what it
   * would be without it. */
  const void* user_state;
  uint64_t user_state_size;
} barker_request;

/* A selling point that was put into a title. Frozen: lives inline in barker_result_ad. */
typedef struct barker_chosen {
  uint32_t index;    /* in the ad's selling_points */
  uint32_t promoted; /* 1: it stood in the title and was moved to the front; 0: added */
  double score;      /* P(user is attracted by this SP | user, query), 0..1 */
  uint64_t begin; /* bytes in the result title: the SP's own text, without marks and separators */
  uint64_t end;
} barker_chosen;

/* One ad of the answer. To a host of 1.2 or later the plugin writes as much of it as the stride has
 * room for, whatever struct_size was, and sets struct_size to what it wrote: all bytes up to the
 * stride are the plugin's, and the host keeps nothing of its own there. A host of 1.0 or 1.1 sets
 * struct_size before the call, and the bytes behind it stay as they are. */
typedef struct barker_result_ad {
  uint64_t struct_size;
  uint64_t ad; /* index in request.ads */
  /* bid^a * pctr^b * first_pass^c; the first-pass score, as it came, of an ad that is outside of
   * the window, was bypassed or is bad */
  double score;
  double pctr;           /* P(click | user, query, ad), 0..1; NaN where not predicted */
  uint64_t title_offset; /* in barker_response.text */
  uint64_t title_size;
  uint32_t rescored; /* 1: inside the window and scored */
  uint32_t chosen_count;
  barker_chosen chosen[BARKER_MAX_SELLING_POINTS];
  uint32_t flags;    /* since 1.2: BARKER_RESULT_* */
  uint32_t reserved; /* 0 */
  /* Since 1.5. The probability with which the policy of this user shows these selling points, in
   * whatever order, before the title of this ad; 1 where nothing is drawn, NaN where the deadline
   * came before it was known. plugin/EXPERIMENTS.md says how exact it is. */
  double propensity;
} barker_result_ad;

#define BARKER_RESULT_BAD_AD 1u /* the ad could not be taken: own title, first-pass rank */
/* Since 1.5: rules for titles of feeds ([title.feed] of the configuration) that fired. Where a rule
 * is "fix", the title was changed by it; where it is "warn", it would have been. */
#define BARKER_RESULT_DECORATIONS 2u /* emoji and decorative symbols */
#define BARKER_RESULT_PUNCTUATION 4u /* repeated punctuation */
#define BARKER_RESULT_REPEATS 8u     /* repeated words */
#define BARKER_RESULT_CAPITALS 16u   /* shouting capitals */

#define BARKER_MAX_ARMS 4       /* since 1.5: arms of experiments that one user can be in */
#define BARKER_ARM_NAME_SIZE 32 /* since 1.5: bytes of a name, its NUL included */

/* Since 1.5. An arm of an experiment that the user is in. Frozen: lives inline in
 * barker_response. */
typedef struct barker_arm {
  char layer[BARKER_ARM_NAME_SIZE];
  char experiment[BARKER_ARM_NAME_SIZE];
  char arm[BARKER_ARM_NAME_SIZE];
} barker_arm;

/* The answer. The caller sets the fields marked [in], the plugin the others. */
typedef struct barker_response {
  uint64_t struct_size;   /* [in] */
  barker_result_ad* ads;  /* [in] caller's array, at least request.ad_count */
  uint64_t ad_capacity;   /* [in] */
  uint64_t ad_stride;     /* [in] since 1.2: all bytes up to it are the plugin's to write */
  char* text;             /* [in] caller's buffer for the titles */
  uint64_t text_capacity; /* [in] */
  uint64_t ad_count;      /* equals request.ad_count on BARKER_OK */
  /* Bytes used. On BARKER_E_TOO_SMALL: bytes needed; call again with a larger buffer, and only that
   * call is counted as a query. On every other error 0. text_bound() tells beforehand. */
  uint64_t text_size;
  int32_t status;      /* BARKER_STATUS_* */
  int32_t reason;      /* BARKER_REASON_* */
  uint64_t generation; /* the one that was asked, and answered if not bypassed; 0: none */
  uint64_t map_ns;     /* keywords to rows */
  uint64_t score_ns;   /* pooling, network, attention */
  uint64_t choose_ns;  /* order and choice of SPs */
  uint64_t rewrite_ns; /* titles */
  uint64_t bad_ads;    /* since 1.2: ads with BARKER_RESULT_BAD_AD */
  uint32_t arm_count;  /* since 1.5 */
  uint32_t explored;   /* since 1.5: 1: the selling points of this page were drawn */
  barker_arm arms[BARKER_MAX_ARMS]; /* since 1.5: the first arm_count, also of a bypassed query */
  /* Since 1.5: of each arm, the digest of its policy (plugin/policy_digest.h), never 0: of what the
   * configuration and this arm alone say about answers. It is the same in all processes with the
   * same configuration and experiments, whatever the locale, and is computed when the experiments
   * are loaded. 0: the plugin does not tell. */
  uint64_t arm_policies[BARKER_MAX_ARMS];
} barker_response;

/* Counters since create. */
typedef struct barker_stats {
  uint64_t struct_size; /* [in] */
  uint64_t queries;
  uint64_t rescored;
  uint64_t partial;
  uint64_t bypassed;
  /* Calls of rescore, explain.rescore and prepared.score that returned neither BARKER_OK nor
   * BARKER_E_TOO_SMALL. A buffer that is too small is not counted for hosts before 1.2 either,
   * which get BARKER_E_INVALID_ARGUMENT for it. */
  uint64_t errors;
  uint64_t ads_rescored;
  uint64_t titles_rewritten;
  uint64_t loads;
  uint64_t loads_refused;
  uint64_t generation; /* serving now; 0: none */
  uint64_t query_keywords;
  uint64_t query_keywords_unknown;
  uint64_t invalid_utf8; /* byte sequences replaced */
  /* Since 1.1: */
  uint64_t candidates_scored;   /* distinct selling points of a query */
  uint64_t candidates_rescored; /* of them, screened first and then scored again in float */
  /* Of these, further apart than the weight file's bound: 0, or the bound does not hold for this
   * traffic and the model is to be frozen again. */
  uint64_t screen_violations;
  /* Since 1.2. A mistyped group or a catalogue that the model does not know shows here: */
  uint64_t user_tokens; /* keywords of the user and tokens of the groups that the model has */
  uint64_t user_tokens_unknown;
  uint64_t candidates; /* selling points that were looked up: of the ads that are shown */
  uint64_t candidates_unknown;
  uint64_t groups_ignored; /* groups of requests whose name the model does not have */
  uint64_t bad_ads;        /* BARKER_RESULT_BAD_AD */
  /* Since 1.5: */
  uint64_t unknown_surfaces;        /* queries that named a surface which the configuration lacks */
  uint64_t titles_with_decorations; /* titles on which a rule fired (BARKER_RESULT_...) */
  uint64_t titles_with_punctuation;
  uint64_t titles_with_repeats;
  uint64_t titles_with_capitals;
  uint64_t user_states;             /* queries that used a user's state */
  uint64_t user_states_other_tower; /* ignored: of another tower version, or the model has none */
  uint64_t user_states_damaged;     /* ignored: no state, or not whole */
  uint64_t user_states_learned;     /* calls of barker_learn.update that gave a state */
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

/* ---- functions ------------------------------------------------------------------------------ */

typedef struct barker_plugin barker_plugin; /* opaque */

typedef struct barker_api {
  uint64_t struct_size;
  uint32_t abi_major;
  uint32_t abi_minor;
  const char* version; /* of the plugin, NUL-terminated, static: "0.1.0" */

  /* [any thread] Makes a plugin from a TOML text (plugin/README.md, "Configuration"; empty: the
   * defaults) and picks the kernels for this machine. */
  int32_t (*create)(const barker_host* host, barker_string config, barker_plugin** plugin,
                    char* error);

  /* [control thread] After the last query returned. NULL is allowed. Does nothing where a control
   * call or compare would return BARKER_E_REENTRANT. */
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

  /* [any thread] Since 1.2. A text_capacity that is enough for whatever the plugin answers to this
   * request, its configuration included: from lengths alone, so about six times the text. 0 where
   * the request cannot be read, and 0 as well where no text is needed: without ads, or for empty
   * titles alone. */
  uint64_t (*text_bound)(const barker_plugin* plugin, const barker_request* request);
} barker_api;

/* The one exported symbol: dlsym(handle, BARKER_ENTRY_SYMBOL) is a `const barker_api*`. Read
 * abi_major and abi_minor before anything else. */
#define BARKER_ENTRY_SYMBOL "barker_entry"

/* ---- extension barker.verify/1 -------------------------------------------------------------- */

#define BARKER_EXT_VERIFY "barker.verify/1"

/* One line of a verification, in order. passed: 1 or 0. Strings live during the call. */
typedef void (*barker_check_callback)(void* context, barker_string check, int32_t passed,
                                      barker_string detail);

typedef struct barker_verify {
  uint64_t struct_size;
  /* [any thread] Runs every check of a load on the file at `path`, the golden vectors once per ISA
   * in `isa` ("baseline", "avx2", "avxvnni", "avx512", "avx512dot", "neondot"; empty: each one
   * that this machine has). BARKER_OK: all passed. */
  int32_t (*verify)(barker_string path, barker_string isa, barker_check_callback callback,
                    void* context, char* error);
  /* [any thread] Since 1.1. The same, and where there are trusted keys, the file must be signed by
   * one of them: public keys in hexadecimal, as `trusted_keys` of the configuration. */
  int32_t (*verify_signed)(barker_string path, barker_string isa, const barker_string* trusted_keys,
                           uint64_t trusted_key_count, barker_check_callback callback,
                           void* context, char* error);
} barker_verify;

/* ---- extension barker.rules/1 --------------------------------------------------------------- */

#define BARKER_EXT_RULES "barker.rules/1"

/* One rule and what it covers of some ads: of those ads, how many it touches, and how many of their
 * selling points it forbids (0 for a merchant, whose ads keep their titles as they are). `rule` is
 * how the rule stands in the text, and valid during the call. */
typedef void (*barker_rule_callback)(void* context, barker_string rule, uint64_t ads,
                                     uint64_t selling_points);

typedef struct barker_rules {
  uint64_t struct_size;
  /* [control thread] Puts other rules in force: a kill switch and forbidden claims, a TOML text
   * (plugin/rules.h; empty: none). Queries that run go on by the old ones. On failure the old rules
   * stay in force. */
  int32_t (*load_rules)(barker_plugin* plugin, barker_string toml, char* error);
  /* [any thread] Since 1.3. What each rule of a text covers of some ads; nothing is put in force.
   * The ads' merchants, categories and selling points are looked at. A rule that covers none of a
   * whole catalogue is likely misspelt. */
  int32_t (*check_rules)(barker_string toml, const barker_ad* ads, uint64_t ad_count,
                         uint64_t ad_stride, barker_rule_callback callback, void* context,
                         char* error);
} barker_rules;

/* ---- extension barker.canary/1 -------------------------------------------------------------- */

/* Since 1.1. A second generation beside the one that serves: shown to a share of the users, or only
 * compared with it, or both. Loads, rollbacks and rules go on as without it. */
#define BARKER_EXT_CANARY "barker.canary/1"

#define BARKER_ROLE_SERVING 0
#define BARKER_ROLE_CANARY 1

#define BARKER_AGREEMENT_TOP 10 /* ads of a page's top, in barker_agreement.top_overlap */

/* What one generation answered, since it was loaded. */
typedef struct barker_generation_stats {
  uint64_t struct_size; /* [in] */
  uint64_t generation;  /* 0: nothing plays this role, and all is 0 */
  uint64_t queries;
  uint64_t rescored;
  uint64_t partial;
  uint64_t bypassed;   /* for whatever reason, the deadline among them */
  uint64_t non_finite; /* of those bypassed: a score was not a finite number */
  uint64_t internal;   /* of those bypassed: out of memory, or ICU failed */
  uint64_t p50_ns;     /* of those not bypassed: within an eighth, from above */
  uint64_t p99_ns;
  char digest[40]; /* hashes of metadata and tensors, as hexadecimal text */
  char file[256];  /* the path it was loaded from, its end if longer; NUL-terminated */
} barker_generation_stats;

/* What the two generations that are there have in common, since both are. */
typedef struct barker_agreement {
  uint64_t struct_size; /* [in] */
  uint64_t serving;     /* generations; 0: nothing was compared yet */
  uint64_t canary;
  /* Queries chosen to be compared, since create. Prepared queries (barker.prepared/1) are never
   * chosen, so that a host that makes no others has nothing compared. */
  uint64_t sampled;
  /* How many of them were not compared, because compare was not called often enough, they were too
   * large, or there was no canary any more. */
  uint64_t dropped;
  uint64_t compared;       /* queries that both generations were asked */
  uint64_t serving_failed; /* how many of them each bypassed: these are not in the means below */
  uint64_t canary_failed;
  uint64_t serving_p50_ns; /* times of both on the thread that compared them */
  uint64_t serving_p99_ns;
  uint64_t canary_p50_ns;
  uint64_t canary_p99_ns;
  /* Means over the queries that both answered; NaN before the first. */
  double top_overlap;         /* share of the first BARKER_AGREEMENT_TOP ads that both have there */
  double rank_correlation;    /* Spearman's rho over the window, -1..1 */
  double same_selling_points; /* share of the ads with the same selling points in the same order */
} barker_agreement;

/* Since 1.5. Queries that took from `from_ns` to `to_ns`, both included. Frozen: this struct never
 * grows. */
typedef struct barker_latencies {
  uint64_t from_ns;
  uint64_t to_ns;
  uint64_t queries; /* above 0 */
} barker_latencies;

#define BARKER_MAX_LATENCIES 512 /* since 1.5: the most that read_latencies gives */

typedef struct barker_canary {
  uint64_t struct_size;
  /* [control thread] Loads weights as load_weights does, beside those that serve, and instead of
   * the canary before. generation may be NULL. */
  int32_t (*start)(barker_plugin* plugin, barker_string path, uint64_t* generation, char* error);
  /* [control thread] The canary serves everybody; what served before is kept for a rollback. */
  int32_t (*promote)(barker_plugin* plugin, uint64_t* generation, char* error);
  /* [control thread] Ends the canary: its users get the serving weights again. */
  int32_t (*stop)(barker_plugin* plugin, char* error);
  /* [control thread] served: share of the users who see its answers, by a salted hash of the user's
   * id, so that a user stays on one side and a larger share keeps those of a smaller (a request
   * without user never gets them). compared: share of the queries that `compare` asks of both.
   * Each 0 to 1. At create they are as configured ([canary] served, compared, salt). */
  int32_t (*set_shares)(barker_plugin* plugin, double served, double compared, char* error);
  /* [any thread, a spare one] Asks both generations up to `at_most` of the queries that were
   * recorded since the last call. The answers are shown to nobody. `compared` may be NULL. */
  int32_t (*compare)(barker_plugin* plugin, uint64_t at_most, uint64_t* compared, char* error);
  /* [any thread] Waits for a compare that runs. */
  int32_t (*read_agreement)(barker_plugin* plugin, barker_agreement* agreement);
  /* [any thread] */
  int32_t (*read_generation)(barker_plugin* plugin, int32_t role, barker_generation_stats* stats);
  /* [any thread] Since 1.5. How long the queries took that the generation in this role answered and
   * did not bypass, since it was loaded: ranges that do not overlap, the fastest first. For hosts
   * that ask whether one generation is slower than another, which two quantiles cannot say.
   * `generation` may be NULL. BARKER_E_TOO_SMALL: nothing was written, and *count says what
   * capacity is needed. On every other error *count is 0. */
  int32_t (*read_latencies)(barker_plugin* plugin, int32_t role, uint64_t* generation,
                            barker_latencies* latencies, uint64_t capacity, uint64_t* count);
  /* [any thread] Since 1.5. The shares in force: those of the last set_shares, or as configured.
   * BARKER_E_INTERNAL: there is no memory, and nothing was written. */
  int32_t (*read_shares)(barker_plugin* plugin, double* served, double* compared);
} barker_canary;

/* ---- extension barker.explain/1 ------------------------------------------------------------- */

#define BARKER_EXT_EXPLAIN "barker.explain/1"

typedef struct barker_explain {
  uint64_t struct_size;
  /* [any thread] Explains what one query would get, as a JSON object. Shows and counts nothing.
   * Where a policy draws, the seed of the query explains what that query showed. Allocates: not for
   * the hot path. `json` belongs to the plugin until release. Its fields:
   *   status          "rescored", "partial" or "bypassed"; with "reason" where bypassed
   *   generation      number; model: path of the weight file; both only where one was asked
   *   query_keywords  [{text, known}]
   *   groups          [{name, known_tokens}]
   *   surface         {name, known}; since 1.5, where the request names one
   *   user_state      "used", "other tower" or "damaged"; since 1.5, where the request has one
   *   ads             in the order of the answer, the window's:
   *     id, score, factors {bid, pctr or null, first_pass}, opt_out, merchant_off
   *     selling_points  [{text, score or null, verdict}]: P(attracted), and why it was put before
   *                     the title or not ("denied by the title", "stands in the title and cannot
   *                     leave it", ...); of the ads that are shown. In a partial answer the verdict
   *                     can be "past the deadline", and the list is left out where the deadline
   *                     came before the selling points were looked up. Where the model matches
   *                     the history, a known one has history_share, its share of the user's
   *                     history, 0 to 1, and history_last, 1 / (1 + the keywords there that are
   *                     newer than it), 0 where it is not there. deviation is the standard
   *                     deviation of the belief about its logit; a selling point has it where the
   *                     policy asks how certain the model is and the model is uncertain of it
   *     attention       [{keyword, weight}]: of the title's known keywords, where there is a pCTR
   *     of a bad ad instead of all this: ad, its index in the request, and bad_ad, true
   * A list that would be empty is left out. */
  int32_t (*explain)(barker_plugin* plugin, const barker_request* request, barker_string* json,
                     char* error);
  void (*release)(barker_string json);
  /* [any thread] Since 1.2. rescore and explain in one call: the JSON explains the very answer that
   * `response` got, by the same generation, whatever is loaded meanwhile. Counts as a query.
   * BARKER_OK with a json of {NULL, 0}: the page was answered, and there was no memory for its
   * explanation. Where the code is not BARKER_OK, `json` is left as it was. */
  int32_t (*rescore)(barker_plugin* plugin, const barker_request* request,
                     barker_response* response, barker_string* json, char* error);
} barker_explain;

/* ---- extension barker.swap/1 ---------------------------------------------------------------- */

/* Since 1.2. For hosts that judge new weights while they serve: loads that leave the way back as it
 * is. With A proven and B on trial, replacing B by C keeps `rollback` leading to A. */
#define BARKER_EXT_SWAP "barker.swap/1"

typedef struct barker_swap {
  uint64_t struct_size;
  /* [control thread] As load_weights, but what is replaced is not what rollback leads to. Where
   * there is nothing to roll back to, that stays so. */
  int32_t (*replace_weights)(barker_plugin* plugin, barker_string path, uint64_t* generation,
                             char* error);
  /* [control thread] As barker_canary.promote, in the same way. */
  int32_t (*replace_by_canary)(barker_plugin* plugin, uint64_t* generation, char* error);
} barker_swap;

/* ---- extension barker.prepared/1 ------------------------------------------------------------ */

/* Since 1.2. For hosts that see one document at a time, such as a UDF: what user and query need is
 * computed once, then each ad gets the very numbers and title that `rescore` would give it. Such
 * queries are never recorded for barker_canary.compare. */
#define BARKER_EXT_PREPARED "barker.prepared/1"

typedef struct barker_prepared_query barker_prepared_query; /* opaque */

typedef struct barker_prepared {
  uint64_t struct_size;
  /* [any thread] Maps and pools user, query and groups. The request has no ads; its texts need not
   * outlive the call. All ads are answered by the generation, the rules and the catalogues that
   * are in force now, and no control call waits for the query to end. Without weights it succeeds,
   * and every ad is bypassed. */
  int32_t (*begin)(barker_plugin* plugin, const barker_request* request,
                   barker_prepared_query** query, char* error);
  /* [one thread at a time per query] Answers one ad: response.ads needs room for one. Errors as
   * rescore's. A deadline of the request holds for each ad. */
  int32_t (*score)(barker_prepared_query* query, const barker_ad* ad, barker_response* response,
                   char* error);
  /* Ends the query, which is counted now: as one, however many ads it had. NULL is allowed. Before
   * the plugin is destroyed. */
  void (*end)(barker_prepared_query* query);
  /* Since 1.4. [one thread at a time per query] P(user is attracted | user, query) of `count`
   * keywords, as of selling points, for a bar of feature keywords (SFs) beside the page. NaN: the
   * model does not know the keyword, a rule forbids it everywhere, or the query is bypassed. Calls
   * of this alone are not counted as a query. Past the deadline the rest is NaN. */
  int32_t (*attraction)(barker_prepared_query* query, const barker_string* keywords, uint64_t count,
                        double* probabilities, char* error);
  /* Since 1.5. [one thread at a time per `other`] As begin, with the weights, rules, experiments
   * and catalogues that were in force when `other` began, which has not ended: for a host whose one
   * search asks several queries. Which of serving weights and canary answers follows from the
   * request's own user. */
  int32_t (*begin_beside)(barker_prepared_query* other, const barker_request* request,
                          barker_prepared_query** query, char* error);
  /* Since 1.5. [one thread at a time per query] Whether the rules forbid showing keyword i for ads
   * of category i, such as a filter beside the page: 1 or 0 to verdicts[i]. At most as many as for
   * attraction. `categories` may be NULL: only rules for all ads count. `off` forbids all. One that
   * the model does not know is forbidden where it is named, and by every pattern that applies to
   * the category, because no pattern is matched while a query runs. There is no deadline. Calls of
   * this alone are not counted as a query. */
  int32_t (*forbidden)(barker_prepared_query* query, const barker_string* keywords,
                       const barker_string* categories, uint64_t count, uint8_t* verdicts,
                       char* error);
} barker_prepared;

/* ---- extension barker.model/1 --------------------------------------------------------------- */

/* Since 1.2. What the model expects of a request. */
#define BARKER_EXT_MODEL "barker.model/1"

/* What fills a group (barker_model_group.source). A group of the request with the same name comes
 * before BARKER_SOURCE_USER_KEYWORDS and BARKER_SOURCE_USER. */
#define BARKER_SOURCE_GROUPS 0        /* request.groups, by name */
#define BARKER_SOURCE_QUERY 1         /* keywords of request.query */
#define BARKER_SOURCE_USER_KEYWORDS 2 /* request.user_keywords */
#define BARKER_SOURCE_USER 3          /* request.user */

typedef struct barker_model_group {
  uint64_t struct_size;
  barker_string name;
  int32_t source;        /* BARKER_SOURCE_* */
  int32_t is_keywords;   /* 1: tokens are keywords; 0: features, "name=token" */
  uint64_t max_tokens;   /* the first so many count; 0: all */
  uint64_t hash_buckets; /* > 0: tokens share this many vectors by hash; 0: by vocabulary */
} barker_model_group;

typedef struct barker_model {
  uint64_t struct_size; /* [in] */
  uint64_t generation;  /* 0: nothing plays this role, and all is 0 */
  uint64_t groups;
  uint64_t keywords;      /* keywords that have a vector */
  int32_t predicts_pctr;  /* 1: results have a pctr */
  int32_t keyword_scheme; /* number of the rules by which text is split into keywords */
  int64_t trained_from;   /* seconds since 1970; 0: the file does not say */
  int64_t trained_to;
  char digest[40]; /* as in barker_generation_stats */
} barker_model;

typedef void (*barker_model_group_callback)(void* context, const barker_model_group* group);

typedef struct barker_model_extension {
  uint64_t struct_size;
  /* [any thread] role: BARKER_ROLE_*. The callback, which may be NULL, is called once a group, in
   * the model's order; its strings live during the call. Weights may be loaded in it. */
  int32_t (*read)(barker_plugin* plugin, int32_t role, barker_model* model,
                  barker_model_group_callback callback, void* context);
} barker_model_extension;

/* ---- extension barker.learn/1 --------------------------------------------------------------- */

/* Since 1.5. A user's own state: what is learned of one user from what was shown and clicked,
 * without training. The host keeps it with the user's profile, as bytes that only the plugin
 * understands, hands it to each query of that user (barker_request.user_state), and to update when
 * it knows what was clicked. The plugin keeps none. It needs a model with a dot product (late
 * interaction). A state holds for one tower version: after weights with another one were loaded, it
 * is ignored, and the next update begins anew. */
#define BARKER_EXT_LEARN "barker.learn/1"

/* What the states of a generation are like. */
typedef struct barker_learning {
  uint64_t struct_size; /* [in] */
  uint64_t generation;  /* 0: nothing plays this role, and all is 0 */
  uint64_t tower;       /* version of the tower; 0: the model has no dot product, and no states */
  uint64_t state_size;  /* bytes of each state; 0: no states */
} barker_learning;

/* A selling point or feature keyword (SF) that the user saw. */
typedef struct barker_shown {
  uint64_t struct_size;
  barker_string text;
  uint64_t fingerprint; /* of the keyword; 0: the plugin computes it */
  uint32_t clicked;     /* 1 or 0 */
  uint32_t reserved;    /* 0 */
} barker_shown;

/* Whether the weights that serve would use a state. */
#define BARKER_STATE_USED 0
#define BARKER_STATE_OTHER_TOWER 1 /* of another tower version, or the model has no states */
#define BARKER_STATE_DAMAGED 2     /* no state, or not whole */

/* What a state says of itself, for the user it is of and for who looks after the host. */
typedef struct barker_state_description {
  uint64_t struct_size; /* [in] */
  int32_t use;          /* BARKER_STATE_* */
  uint32_t impressions; /* that it learned from; 0 where it is damaged, as is `tower` */
  uint64_t tower;       /* version of its tower */
} barker_state_description;

typedef struct barker_learn {
  uint64_t struct_size;
  /* [any thread] role: BARKER_ROLE_*. */
  int32_t (*read)(barker_plugin* plugin, int32_t role, barker_learning* learning);
  /* [any thread, best one that answers no queries: it takes microseconds and may allocate] Learns
   * from what one answer showed. `request` is that of the query, without ads; its user_state is the
   * state before, and may be none, of another tower or damaged: then the user's new state begins at
   * nothing. It is learned with the weights that would answer the request now; its deadline does
   * not hold. Keywords that they do not know are left out. Up to BARKER_MAX_SHOWN are taken in the
   * order given, and a host that shows several at once gives them in one call.
   *
   * `state` belongs to the caller and gets the new state, of which *size says the bytes; it may be
   * where the state before stands. Two updates of one user at a time are the host's to avoid: one
   * of them would be lost. BARKER_E_TOO_SMALL: nothing was written, and *size says what capacity is
   * needed. BARKER_E_NO_WEIGHTS; BARKER_E_UNSUPPORTED: the model has no dot product. On every error
   * but BARKER_E_TOO_SMALL *size is 0, and the state before is as it was. */
  int32_t (*update)(barker_plugin* plugin, const barker_request* request, const barker_shown* shown,
                    uint64_t shown_count, uint64_t shown_stride, void* state, uint64_t capacity,
                    uint64_t* size, char* error);
  /* [any thread] Reads a state without using it. */
  int32_t (*describe)(barker_plugin* plugin, const void* state, uint64_t size,
                      barker_state_description* description);
} barker_learn;

/* ---- extension barker.experiments/1 --------------------------------------------------------- */

/* Since 1.5. Experiments: arms that change what part of the users see. */
#define BARKER_EXT_EXPERIMENTS "barker.experiments/1"

typedef struct barker_experiments {
  uint64_t struct_size;
  /* [control thread] Puts other experiments in force: a TOML text (plugin/experiments.h; empty:
   * none). Queries that run go on by the old ones. On failure, of overlapping experiments among
   * others, the old ones stay in force. */
  int32_t (*load_experiments)(barker_plugin* plugin, barker_string toml, char* error);
} barker_experiments;

/* ---- extension barker.keywords/1 ------------------------------------------------------------ */

/* Since 1.3. The split of a text into words: what barker_ad.title_keywords are made of. It depends
 * on no weights, so that a host can split a title once and keep the fingerprints. */
#define BARKER_EXT_KEYWORDS "barker.keywords/1"

/* A word, or a boundary between two words where a clause ends. Frozen: this struct never grows. */
typedef struct barker_word {
  uint64_t fingerprint; /* 0: a boundary, whose bytes are those between the two words */
  uint64_t begin;       /* bytes in the text, after each invalid sequence became U+FFFD */
  uint64_t end;
} barker_word;

typedef struct barker_keywords {
  uint64_t struct_size;
  /* The number of the rules of the split. Fingerprints that were kept under another number are to
   * be made again. A model's is barker_model.keyword_scheme. */
  int32_t scheme;
  int32_t reserved; /* 0 */
  /* [any thread] Writes the words of a text of at most BARKER_MAX_TEXT_SIZE bytes in order. A text
   * has at most as many words and boundaries together as bytes. BARKER_E_TOO_SMALL: nothing was
   * written, and *count says what capacity is needed. On every other error *count is 0. */
  int32_t (*split)(barker_string text, barker_word* words, uint64_t capacity, uint64_t* count,
                   char* error);
} barker_keywords;

/* ---- extension barker.catalogue/1 ----------------------------------------------------------- */

/* Since 1.3. Catalogues that the plugin knows before a query comes. It keeps a copy of what a query
 * needs of each ad, and for each generation of weights the rows of its keywords, so that requests
 * that name ads by number cost less. Answers are the same as without it, bit for bit.
 *
 * A catalogue does not change. upsert and remove give another one under another handle, which
 * shares with the first what is equal. Both can be asked until each is released, so that queries
 * which began with the first go on with it. */
#define BARKER_EXT_CATALOGUE "barker.catalogue/1"

typedef struct barker_catalogue {
  uint64_t struct_size;
  /* [control thread] Registers ads under the numbers 1 to count, in order, for the weights that
   * serve and, from now on, for those that are loaded. Bids and first-pass scores are not looked
   * at; the ads' own catalogue_ad must be 0. An ad that would be a bad ad refuses all. The memory
   * of the ads may go when this returns. */
  int32_t (*add)(barker_plugin* plugin, const barker_ad* ads, uint64_t count, uint64_t stride,
                 uint64_t* handle, char* error);
  /* [control thread] Another catalogue: that of `handle` with these ads, each under the number in
   * its catalogue_ad, instead of those that it has there. Numbers beyond its end make it longer;
   * numbers that are left out stand for no ad. The plugin copies each group of 1,024 numbers in
   * which an ad changes, and now and then all of them, to be rid of words and selling points that
   * no ad has any more (plugin/README.md, "Catalogues"). */
  int32_t (*upsert)(barker_plugin* plugin, uint64_t handle, const barker_ad* ads, uint64_t count,
                    uint64_t stride, uint64_t* changed, char* error);
  /* [control thread] Another catalogue: that of `handle` without these numbers. The other ads keep
   * theirs. */
  int32_t (*remove)(barker_plugin* plugin, uint64_t handle, const uint64_t* numbers, uint64_t count,
                    uint64_t* changed, char* error);
  /* [control thread] Queries from now on do not find the handle. The catalogue is freed when the
   * last query that uses it has ended: before this returns, or with a prepared query. */
  int32_t (*release)(barker_plugin* plugin, uint64_t handle, char* error);
} barker_catalogue;

#define BARKER_MAX_CATALOGUE 100000000 /* since 1.3: the largest number of an ad */

#ifdef __cplusplus
}
#endif

#endif /* BARKER_PLUGIN_BARKER_H_ */
