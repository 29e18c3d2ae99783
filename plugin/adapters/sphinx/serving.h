/* The plugin of this process, for the functions in C: loaded once, with weights that are followed.
 *
 * What to load stands in a control file (control_file.h). barker::host's watcher follows the
 * weights directory, puts new weights on probation, and takes them back where they fail.
 *
 * Nothing throws across these functions. [any thread]
 */
#ifndef BARKER_PLUGIN_ADAPTERS_SPHINX_SERVING_H_
#define BARKER_PLUGIN_ADAPTERS_SPHINX_SERVING_H_

#include "plugin/barker.h"

#ifdef __cplusplus
extern "C" {
#endif

struct barker_serving {
  const barker_api* api;
  barker_plugin* plugin;
  /* Functions that the plugin lacks are NULL; begin, score and end are there. */
  barker_prepared prepared;
  int is_html; /* 1: titles are HTML, so that a title that the plugin did not write is escaped */
};

/* The plugin, or NULL where there is none: every ad then keeps its first-pass weight and its title.
 * What could not be loaded is tried again once a second, by the query that asks at that moment. The
 * object lives as long as this library. */
const struct barker_serving* barker_serving_find(void);

/* Where messages go if the control file names no log; NULL: standard error. */
void barker_serving_set_log(void (*log)(const char* text, int size));

/* "rescored", "partial" or "bypassed", for BARKER_STATUS_*. */
const char* barker_serving_status_name(int32_t status);

/* Logs why a query was not rescored: at most once a second, and not if it was the last reason. */
void barker_serving_report(const char* text);

#ifdef __cplusplus
}
#endif

#endif /* BARKER_PLUGIN_ADAPTERS_SPHINX_SERVING_H_ */
