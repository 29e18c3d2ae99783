/* Titles that the plugin did not write, made fit to be shown: valid UTF-8, and escaped where the
 * plugin's titles are HTML, so that a page may print both in the same way. */
#ifndef BARKER_PLUGIN_ADAPTERS_SPHINX_PLAIN_TITLE_H_
#define BARKER_PLUGIN_ADAPTERS_SPHINX_PLAIN_TITLE_H_

#include "plugin/barker.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A copy from malloc that ends with NUL, or NULL where there is no memory. Invalid bytes become
 * U+FFFD, and each byte 0 a space, because searchd takes it for the end. */
char* plain_title(barker_string title, int is_html, uint64_t* size);

#ifdef __cplusplus
}
#endif

#endif /* BARKER_PLUGIN_ADAPTERS_SPHINX_PLAIN_TITLE_H_ */
