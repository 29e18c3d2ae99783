/* The functions that searchd calls: barker_score, barker_pctr, barker_title and barker_answer, with
 * the same arguments. README.md says what each returns. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/adapters/sphinx/serving.h"
#include "plugin/adapters/sphinx/shared_query.h"

#define EXPORT __attribute__((visibility("default")))

/* ---- of the library ------------------------------------------------------------------------- */

EXPORT int barker_sphinx_ver(void);
EXPORT void barker_sphinx_setlogcb(udf_log* log);

/* searchd asks for the version when the first function of the library is created. The weights are
 * loaded then, and not by the first search. */
int barker_sphinx_ver(void) {
  barker_serving_find();
  return kUdfVersion;
}

void barker_sphinx_setlogcb(udf_log* log) { barker_serving_set_log(log); }

/* ---- of each function ----------------------------------------------------------------------- */

static int join(struct udf_init* init, const struct udf_arguments* arguments, const char* function,
                char* error) {
  init->data = NULL;
  if (check_arguments(arguments, function, error)) return 1;
  init->data = shared_query_join(); /* NULL, without memory: documents stay as they are */
  return 0;
}

static void leave(struct udf_init* init) {
  shared_query_leave(init->data);
  init->data = NULL;
}

#define DECLARE_FUNCTION(type, name)                                                           \
  EXPORT int name##_init(struct udf_init* init, struct udf_arguments* arguments, char* error); \
  EXPORT void name##_deinit(struct udf_init* init);                                            \
  EXPORT type name(struct udf_init* init, struct udf_arguments* arguments, char* failed);      \
  int name##_init(struct udf_init* init, struct udf_arguments* arguments, char* error) {       \
    return join(init, arguments, #name, error);                                                \
  }                                                                                            \
  void name##_deinit(struct udf_init* init) { leave(init); }

DECLARE_FUNCTION(double, barker_score)
DECLARE_FUNCTION(double, barker_pctr)
DECLARE_FUNCTION(char*, barker_title)
DECLARE_FUNCTION(char*, barker_answer)

/* `failed` is left alone: where it is set, searchd calls the function for no further document. */

double barker_score(struct udf_init* init, struct udf_arguments* arguments, char* failed) {
  struct answer answer;
  (void)failed;
  shared_query_answer(init->data, arguments, &answer);
  free(answer.title);
  return answer.score;
}

/* NaN has no place in an order. */
double barker_pctr(struct udf_init* init, struct udf_arguments* arguments, char* failed) {
  struct answer answer;
  (void)failed;
  shared_query_answer(init->data, arguments, &answer);
  free(answer.title);
  return isnan(answer.pctr) ? -1 : answer.pctr;
}

/* searchd frees what it is given by its own allocator, and takes NULL for an empty string. */
static char* give(const struct udf_arguments* arguments, const char* text, uint64_t size) {
  if (!text || size >= INT32_MAX) return NULL;
  char* const result = arguments->allocate((int)size + 1);
  if (!result) return NULL;
  memcpy(result, text, size);
  result[size] = 0;
  return result;
}

char* barker_title(struct udf_init* init, struct udf_arguments* arguments, char* failed) {
  struct answer answer;
  (void)failed;
  shared_query_answer(init->data, arguments, &answer);
  char* const result = give(arguments, answer.title, answer.title_size);
  free(answer.title);
  return result;
}

/* ---- the whole answer as JSON --------------------------------------------------------------- */

static char* write_json_text(char* end, const char* text, uint64_t size) {
  for (uint64_t i = 0; i < size; ++i) {
    const unsigned char c = (unsigned char)text[i];
    if (c == '"' || c == '\\') {
      *end++ = '\\';
      *end++ = (char)c;
    } else if (c < 0x20) {
      end += sprintf(end, "\\u%04x", c);
    } else {
      *end++ = (char)c;
    }
  }
  return end;
}

/* A number that reads back as the same double. A locale of the server could have a decimal
 * comma. */
static char* write_number(char* end, double number) {
  if (!isfinite(number)) return end + sprintf(end, "null");
  char* const begin = end;
  end += sprintf(end, "%.17g", number);
  for (char* c = begin; c < end; ++c) {
    if (*c == ',') *c = '.';
  }
  return end;
}

char* barker_answer(struct udf_init* init, struct udf_arguments* arguments, char* failed) {
  enum { kNumbers = 256 }; /* bytes of all but the title */
  struct answer answer;
  (void)failed;
  shared_query_answer(init->data, arguments, &answer);
  char* const json = answer.title ? malloc(kNumbers + 6 * answer.title_size) : NULL;
  if (!json) {
    free(answer.title);
    return NULL;
  }
  char* end = json + sprintf(json, "{\"generation\":%llu,\"status\":\"%s\",\"score\":",
                             (unsigned long long)answer.generation,
                             barker_serving_status_name(answer.status));
  end = write_number(end, answer.score);
  end += sprintf(end, ",\"pctr\":");
  end = write_number(end, answer.pctr);
  end += sprintf(end, ",\"title\":\"");
  end = write_json_text(end, answer.title, answer.title_size);
  end += sprintf(end, "\"}");
  char* const result = give(arguments, json, (uint64_t)(end - json));
  free(json);
  free(answer.title);
  return result;
}
