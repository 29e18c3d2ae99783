#include "plugin/adapters/sphinx/shared_query.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/adapters/sphinx/plain_title.h"
#include "plugin/adapters/sphinx/serving.h"

enum { kPrepared = 4 };

/* The arguments that a query is prepared with. */
static const int kKeyArguments[] = {kQuery, kUser, kUserKeywords, kContext};
enum { kKeyTexts = sizeof kKeyArguments / sizeof kKeyArguments[0] };

struct prepared {
  barker_prepared_query* query;
  uint64_t sizes[kKeyTexts]; /* of the texts that stand in `key` one behind another */
  char* key;
};

struct shared_query {
  pthread_t thread; /* that began the search */
  int members;
  struct shared_query* following;

  pthread_mutex_t lock;                 /* of all below */
  const struct barker_serving* serving; /* NULL: none was there when the search began */
  struct prepared prepared[kPrepared];
  int next; /* the one that gives way to another */

  /* Grown to the largest ad of the search. */
  barker_selling_point* points;
  uint64_t point_capacity;
  char* text;
  uint64_t text_capacity;
};

/* The searches that run now, and the number of each one's members. */
static struct shared_query* searches;
static pthread_mutex_t searches_lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- begin and end -------------------------------------------------------------------------- */

struct shared_query* shared_query_join(void) {
  const pthread_t thread = pthread_self();
  pthread_mutex_lock(&searches_lock);
  struct shared_query* shared = searches;
  while (shared && !pthread_equal(shared->thread, thread)) shared = shared->following;
  if (shared) ++shared->members;
  pthread_mutex_unlock(&searches_lock);
  if (shared) return shared;
  shared = calloc(1, sizeof *shared);
  if (!shared) return NULL;
  pthread_mutex_init(&shared->lock, NULL);
  shared->thread = thread;
  shared->members = 1;
  shared->serving = barker_serving_find();
  pthread_mutex_lock(&searches_lock);
  shared->following = searches;
  searches = shared;
  pthread_mutex_unlock(&searches_lock);
  return shared;
}

static void end_prepared(const struct shared_query* shared, struct prepared* prepared) {
  if (prepared->query) shared->serving->prepared.end(prepared->query);
  free(prepared->key);
  memset(prepared, 0, sizeof *prepared);
}

void shared_query_leave(struct shared_query* shared) {
  if (!shared) return;
  pthread_mutex_lock(&searches_lock);
  const int left = --shared->members;
  if (left == 0) {
    struct shared_query** at = &searches;
    while (*at != shared) at = &(*at)->following;
    *at = shared->following;
  }
  pthread_mutex_unlock(&searches_lock);
  if (left > 0) return;
  for (int i = 0; i < kPrepared; ++i) end_prepared(shared, &shared->prepared[i]);
  pthread_mutex_destroy(&shared->lock);
  free(shared->points);
  free(shared->text);
  free(shared);
}

/* ---- the query ------------------------------------------------------------------------------ */

/* The lists of a request. They are parsed twice: first without memory, which counts, and then into
 * arrays of that size. */
struct context {
  barker_string* tokens; /* of the user's keywords and of all groups; NULL: they are counted only */
  uint64_t token_count;
  barker_group* groups; /* NULL with `tokens` */
};

static uint64_t parse_tokens(struct context* context, barker_string list, const char* separators) {
  uint64_t count = 0;
  barker_string token;
  while (next_part(&list, separators, &token)) {
    if (context->tokens) context->tokens[context->token_count] = token;
    ++context->token_count;
    ++count;
  }
  return count;
}

static int is_name(barker_string text, const char* name) {
  return text.size == strlen(name) && memcmp(text.data, name, text.size) == 0;
}

static uint64_t parse_number(barker_string text) {
  uint64_t number = 0;
  for (uint64_t i = 0; i < text.size && text.data[i] >= '0' && text.data[i] <= '9'; ++i) {
    number = 10 * number + (uint64_t)(text.data[i] - '0');
  }
  return number;
}

/* "profile: gender=f | age=25-29; @surface: mobile" */
static void parse_context(struct context* context, barker_string list, barker_request* request) {
  barker_string part;
  while (next_part(&list, ";\n", &part)) {
    barker_string values = part, name;
    barker_string before = split_off(&values, ':');
    if (!next_part(&before, "", &name)) continue;
    if (name.data[0] == '@') {
      barker_string value = {NULL, 0};
      next_part(&values, "", &value);
      if (is_name(name, "@surface")) request->surface = value;
      if (is_name(name, "@visitor")) request->visitor = value;
      if (is_name(name, "@seed")) request->seed = parse_number(value);
    } else {
      const uint64_t first = context->token_count;
      const uint64_t count = parse_tokens(context, values, "|");
      if (context->groups) {
        barker_group* const group = &context->groups[request->group_count];
        memset(group, 0, sizeof *group);
        group->struct_size = sizeof *group;
        group->name = name;
        group->tokens = context->tokens + first;
        group->token_count = count;
      }
      ++request->group_count;
    }
  }
}

static void parse_request(struct context* context, const struct udf_arguments* arguments,
                          barker_request* request) {
  memset(request, 0, sizeof *request);
  request->struct_size = sizeof *request;
  request->query = text_argument(arguments, kQuery);
  request->user = text_argument(arguments, kUser);
  context->token_count = 0;
  request->user_keywords = context->tokens;
  request->user_keyword_count =
      parse_tokens(context, text_argument(arguments, kUserKeywords), "|\n");
  request->groups = context->groups;
  request->group_stride = sizeof context->groups[0];
  parse_context(context, text_argument(arguments, kContext), request);
}

/* Memory for the lists that were counted. 0, with the reason in `error`: there is none, or no
 * request may have as many. What is within these bounds is for the plugin to judge. */
static int allocate_context(struct context* context, uint64_t group_count, char* error) {
  if (group_count > BARKER_MAX_GROUPS) {
    snprintf(error, BARKER_ERROR_SIZE, "context: expected at most %d groups, found %llu",
             BARKER_MAX_GROUPS, (unsigned long long)group_count);
    return 0;
  }
  /* A token has a byte or more. */
  if (context->token_count > BARKER_MAX_REQUEST_TEXT) {
    snprintf(error, BARKER_ERROR_SIZE,
             "user_keywords, context: expected at most %d bytes of tokens",
             BARKER_MAX_REQUEST_TEXT);
    return 0;
  }
  /* One more than are needed, because NULL means that they are counted. */
  context->tokens = malloc((context->token_count + 1) * sizeof context->tokens[0]);
  context->groups = malloc((group_count + 1) * sizeof context->groups[0]);
  if (context->tokens && context->groups) return 1;
  snprintf(error, BARKER_ERROR_SIZE, "out of memory");
  return 0;
}

/* One that this search has prepared already; NULL: none. */
static barker_prepared_query* running_query(const struct shared_query* shared) {
  for (int i = 0; i < kPrepared; ++i) {
    if (shared->prepared[i].query) return shared->prepared[i].query;
  }
  return NULL;
}

/* With the generation that answered the search's first query. */
static barker_prepared_query* begin_query(const struct shared_query* shared,
                                          const struct udf_arguments* arguments) {
  const struct barker_serving* const serving = shared->serving;
  struct context context = {NULL, 0, NULL};
  barker_request request;
  parse_request(&context, arguments, &request);
  char error[BARKER_ERROR_SIZE] = "";
  barker_prepared_query* query = NULL;
  if (allocate_context(&context, request.group_count, error)) {
    parse_request(&context, arguments, &request);
    barker_prepared_query* const other = running_query(shared);
    const int32_t code = other && serving->prepared.begin_beside
                             ? serving->prepared.begin_beside(other, &request, &query, error)
                             : serving->prepared.begin(serving->plugin, &request, &query, error);
    if (code != BARKER_OK) query = NULL;
  }
  free(context.tokens);
  free(context.groups);
  if (!query) barker_serving_report(error);
  return query;
}

static int has_key(const struct prepared* prepared, const struct udf_arguments* arguments) {
  if (!prepared->key) return 0;
  const char* at = prepared->key;
  for (int i = 0; i < kKeyTexts; ++i) {
    const barker_string text = text_argument(arguments, kKeyArguments[i]);
    if (text.size != prepared->sizes[i]) return 0;
    if (text.size > 0 && memcmp(at, text.data, text.size) != 0) return 0;
    at += text.size;
  }
  return 1;
}

/* The query with these arguments. A query of NULL was refused, which is remembered as well, so that
 * it is not tried again for each document. NULL: no memory. */
static const struct prepared* find_prepared(struct shared_query* shared,
                                            const struct udf_arguments* arguments) {
  for (int i = 0; i < kPrepared; ++i) {
    if (has_key(&shared->prepared[i], arguments)) return &shared->prepared[i];
  }
  struct prepared* const prepared = &shared->prepared[shared->next];
  uint64_t size = 1; /* a key without text is not NULL */
  for (int i = 0; i < kKeyTexts; ++i) size += text_argument(arguments, kKeyArguments[i]).size;
  char* const key = malloc(size);
  if (!key) return NULL;
  /* Before the one that gives way ends, which may be the only one that keeps the generation. */
  barker_prepared_query* const query = begin_query(shared, arguments);
  end_prepared(shared, prepared);
  shared->next = (shared->next + 1) % kPrepared;
  prepared->key = key;
  char* at = key;
  for (int i = 0; i < kKeyTexts; ++i) {
    const barker_string text = text_argument(arguments, kKeyArguments[i]);
    prepared->sizes[i] = text.size;
    if (text.size > 0) memcpy(at, text.data, text.size);
    at += text.size;
  }
  prepared->query = query;
  return prepared;
}

/* ---- the ad --------------------------------------------------------------------------------- */

static void* grow(void* memory, uint64_t* capacity, uint64_t needed, size_t element) {
  if (needed <= *capacity) return memory;
  void* const larger = realloc(memory, (size_t)needed * element);
  if (larger) *capacity = needed;
  return larger;
}

/* 0: no memory. */
static int parse_points(struct shared_query* shared, barker_string list, uint64_t* count) {
  barker_string part;
  *count = 0;
  while (next_part(&list, "|\n", &part)) {
    if (*count == shared->point_capacity) {
      barker_selling_point* const larger =
          grow(shared->points, &shared->point_capacity, 2 * *count + 8, sizeof shared->points[0]);
      if (!larger) return 0;
      shared->points = larger;
    }
    barker_selling_point* const point = &shared->points[(*count)++];
    memset(point, 0, sizeof *point);
    point->struct_size = sizeof *point;
    point->text = part;
  }
  return 1;
}

/* 0 where the plugin gave no answer. */
static int score_ad(struct shared_query* shared, const struct udf_arguments* arguments,
                    barker_result_ad* result, barker_response* response) {
  const struct prepared* const prepared = find_prepared(shared, arguments);
  if (!prepared || !prepared->query) return 0;
  barker_ad ad;
  memset(&ad, 0, sizeof ad);
  ad.struct_size = sizeof ad;
  ad.title = text_argument(arguments, kTitle);
  ad.bid = number_argument(arguments, kBid, 1);
  ad.first_pass_score = number_argument(arguments, kFirstPass, 1);
  ad.merchant = text_argument(arguments, kMerchant);
  ad.category = text_argument(arguments, kCategory);
  if (number_argument(arguments, kOptOut, 0) != 0) ad.flags |= BARKER_AD_OPT_OUT;
  if (!parse_points(shared, text_argument(arguments, kSellingPoints), &ad.selling_point_count)) {
    return 0;
  }
  ad.selling_points = shared->points;
  ad.selling_point_stride = sizeof shared->points[0];
  response->struct_size = sizeof *response;
  response->ads = result;
  response->ad_capacity = 1;
  response->ad_stride = sizeof *result;
  char error[BARKER_ERROR_SIZE] = "";
  for (;;) {
    response->text = shared->text;
    response->text_capacity = shared->text_capacity;
    const int32_t code = shared->serving->prepared.score(prepared->query, &ad, response, error);
    if (code == BARKER_OK) return 1;
    if (code != BARKER_E_TOO_SMALL || response->text_size <= shared->text_capacity) {
      barker_serving_report(error);
      return 0;
    }
    char* const larger = grow(shared->text, &shared->text_capacity, 2 * response->text_size, 1);
    if (!larger) return 0;
    shared->text = larger;
  }
}

static char* copy_title(const char* title, uint64_t size) {
  char* const copy = malloc(size + 1);
  if (!copy) return NULL;
  for (uint64_t i = 0; i < size; ++i) copy[i] = title[i] ? title[i] : ' ';
  copy[size] = 0;
  return copy;
}

void shared_query_answer(struct shared_query* shared, const struct udf_arguments* arguments,
                         struct answer* answer) {
  memset(answer, 0, sizeof *answer);
  answer->status = BARKER_STATUS_BYPASSED;
  answer->reason = BARKER_REASON_INTERNAL;
  answer->score = number_argument(arguments, kFirstPass, 1);
  answer->pctr = NAN;
  const struct barker_serving* const serving = shared ? shared->serving : NULL;
  if (serving) {
    barker_result_ad result;
    barker_response response;
    memset(&result, 0, sizeof result);
    memset(&response, 0, sizeof response);
    result.struct_size = sizeof result;
    pthread_mutex_lock(&shared->lock);
    const int is_answered = score_ad(shared, arguments, &result, &response);
    if (is_answered) {
      answer->status = response.status;
      answer->reason = response.reason;
      answer->generation = response.generation;
      answer->score = result.score;
      answer->pctr = result.pctr;
      answer->title = copy_title(shared->text + result.title_offset, result.title_size);
      answer->title_size = result.title_size;
    }
    pthread_mutex_unlock(&shared->lock);
    if (is_answered) return;
  } else {
    answer->reason = BARKER_REASON_NO_WEIGHTS;
  }
  answer->title = plain_title(text_argument(arguments, kTitle), !serving || serving->is_html,
                              &answer->title_size);
}
