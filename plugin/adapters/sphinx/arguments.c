#include "plugin/adapters/sphinx/arguments.h"

#include <stdio.h>
#include <string.h>

enum { kRequired = kUser + 1 };

static const char* const kNames[kArguments] = {
    "title",         "selling_points", "query",    "user",     "bid",    "first_pass",
    "user_keywords", "context",        "merchant", "category", "opt_out"};

static int is_number(int which) { return which == kBid || which == kFirstPass || which == kOptOut; }

int check_arguments(const struct udf_arguments* arguments, const char* function, char* error) {
  if (arguments->count < kRequired || arguments->count > kArguments) {
    snprintf(
        error, kUdfErrorSize,
        "%s: expected %d to %d arguments (title, selling_points, query, user, bid, first_pass, "
        "user_keywords, context, merchant, category, opt_out), found %d",
        function, kRequired, kArguments, arguments->count);
    return 1;
  }
  for (int i = 0; i < arguments->count; ++i) {
    const int type = arguments->types[i];
    const int fits = is_number(i) ? type == kUdfUint32 || type == kUdfInt64 || type == kUdfFloat
                                  : type == kUdfString || type == kUdfJson;
    if (!fits) {
      snprintf(error, kUdfErrorSize, "%s: argument %d (%s): expected a %s, found type %d", function,
               i + 1, kNames[i], is_number(i) ? "number" : "string", type);
      return 1;
    }
  }
  return 0;
}

barker_string text_argument(const struct udf_arguments* arguments, int which) {
  barker_string text = {NULL, 0};
  if (which >= arguments->count || !arguments->values[which] || arguments->lengths[which] <= 0) {
    return text;
  }
  text.data = arguments->values[which];
  text.size = (uint64_t)arguments->lengths[which];
  return text;
}

double number_argument(const struct udf_arguments* arguments, int which, double missing) {
  if (which >= arguments->count || !arguments->values[which]) return missing;
  /* searchd does not promise that values are aligned. */
  const char* const value = arguments->values[which];
  uint32_t small;
  int64_t large;
  float real;
  switch (arguments->types[which]) {
    case kUdfUint32:
      memcpy(&small, value, sizeof small);
      return small;
    case kUdfInt64:
      memcpy(&large, value, sizeof large);
      return (double)large;
    default:
      memcpy(&real, value, sizeof real);
      return real;
  }
}

static int is_space(char c) { return c == ' ' || c == '\t'; }

int next_part(barker_string* list, const char* separators, barker_string* part) {
  while (list->size > 0) {
    uint64_t end = 0;
    while (end < list->size && !(list->data[end] && strchr(separators, list->data[end]))) ++end;
    uint64_t begin = 0, last = end;
    while (begin < last && is_space(list->data[begin])) ++begin;
    while (begin < last && is_space(list->data[last - 1])) --last;
    part->data = list->data + begin;
    part->size = last - begin;
    const uint64_t taken = end < list->size ? end + 1 : end;
    list->data += taken;
    list->size -= taken;
    if (part->size > 0) return 1;
  }
  return 0;
}

barker_string split_off(barker_string* text, char separator) {
  const char* const found = text->size > 0 ? memchr(text->data, separator, text->size) : NULL;
  barker_string before = *text;
  if (!found) {
    text->size = 0;
    return before;
  }
  before.size = (uint64_t)(found - text->data);
  text->data = found + 1;
  text->size -= before.size + 1;
  return before;
}
