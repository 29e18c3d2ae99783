/* What a call of one of the functions was given: the arguments by name, as the interface of searchd
 * has them by position. README.md describes each. */
#ifndef BARKER_PLUGIN_ADAPTERS_SPHINX_ARGUMENTS_H_
#define BARKER_PLUGIN_ADAPTERS_SPHINX_ARGUMENTS_H_

#include "plugin/adapters/sphinx/sphinx_udf.h"
#include "plugin/barker.h"

enum {
  kTitle,
  kSellingPoints,
  kQuery,
  kUser,
  kBid,
  kFirstPass,
  kUserKeywords,
  kContext,
  kMerchant,
  kCategory,
  kOptOut,
  kArguments
};

/* 0 where count and types are right. Otherwise 1, and `error`, of kUdfErrorSize bytes, says what is
 * wrong with the call of `function`. */
int check_arguments(const struct udf_arguments* arguments, const char* function, char* error);

/* The text of an argument; empty where it was not given, is NULL or has no bytes. It belongs to
 * searchd and lives during the call. */
barker_string text_argument(const struct udf_arguments* arguments, int which);

/* The number of an argument, or `missing` where it was not given. */
double number_argument(const struct udf_arguments* arguments, int which, double missing);

/* Takes the next part off a list whose parts are separated by one of `separators`, without the
 * spaces around it. 0: the list has ended. Empty parts are left out. */
int next_part(barker_string* list, const char* separators, barker_string* part);

/* The part of `text` before `separator`, which `text` then begins behind; all of it where it has
 * none. */
barker_string split_off(barker_string* text, char separator);

#endif /* BARKER_PLUGIN_ADAPTERS_SPHINX_ARGUMENTS_H_ */
