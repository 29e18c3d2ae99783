/* What the functions of one search share: the prepared queries, so that a search is prepared once,
 * however many functions and documents it has, and one generation of weights answers all of it.
 *
 * searchd makes the expressions of a search one after another on one thread and destroys them
 * together. So a function that begins on a thread joins the search that has begun there and not
 * ended. A search whose documents have different queries or users, as in a comparison of two users,
 * prepares each of them beside the others, and keeps the last four.
 *
 * Threads: a search may be joined by one thread and asked by others; a lock makes them take turns.
 * Memory: comes from malloc. Where there is none, a document keeps its first-pass weight and title.
 */
#ifndef BARKER_PLUGIN_ADAPTERS_SPHINX_SHARED_QUERY_H_
#define BARKER_PLUGIN_ADAPTERS_SPHINX_SHARED_QUERY_H_

#include "plugin/adapters/sphinx/arguments.h"

struct shared_query;

/* Joins the search of this thread, or begins one. NULL: no memory. */
struct shared_query* shared_query_join(void);

/* The last function that leaves a search ends it. NULL is allowed. */
void shared_query_leave(struct shared_query* shared);

struct answer {
  int32_t status; /* BARKER_STATUS_* */
  int32_t reason; /* BARKER_REASON_* */
  uint64_t generation;
  double score;
  double pctr; /* NaN: none was predicted */
  /* Valid UTF-8 without a byte 0, and one behind its end. From malloc: the caller frees it. NULL
   * where there is no memory. */
  char* title;
  uint64_t title_size;
};

/* Answers one document. Never fails: what cannot be rescored has its first-pass weight as its score
 * and its own title. */
void shared_query_answer(struct shared_query* shared, const struct udf_arguments* arguments,
                         struct answer* answer);

#endif /* BARKER_PLUGIN_ADAPTERS_SPHINX_SHARED_QUERY_H_ */
