/* A plugin that is compiled with the header of ABI 1.0, for hosts of later versions: it answers
 * with the first-pass order and the titles as they came, and has no extension. As such a plugin
 * must, it reads and writes only what its own header and the caller's struct_size both cover. */
#include <stdlib.h>
#include <string.h>

#include "tests/plugin/abi/barker_1_0.h"

struct barker_plugin {
  uint64_t loaded, previous, last, queries, loads;
};

static int32_t fail(char* error, int32_t code, const char* text) {
  if (error) strcpy(error, text);
  return code;
}

static int32_t create(const barker_host* host, barker_string config, barker_plugin** plugin,
                      char* error) {
  (void)config;
  if (host->abi_major != BARKER_ABI_MAJOR) return fail(error, BARKER_E_VERSION, "another major");
  *plugin = calloc(1, sizeof **plugin);
  return *plugin ? BARKER_OK : BARKER_E_INTERNAL;
}

static void destroy(barker_plugin* plugin) { free(plugin); }

static int32_t load_weights(barker_plugin* plugin, barker_string path, uint64_t* generation,
                            char* error) {
  if (path.size == 0) return fail(error, BARKER_E_INVALID_ARGUMENT, "no path");
  plugin->previous = plugin->loaded;
  plugin->loaded = ++plugin->last;
  ++plugin->loads;
  if (generation) *generation = plugin->loaded;
  return BARKER_OK;
}

static int32_t rollback(barker_plugin* plugin, uint64_t* generation, char* error) {
  const uint64_t before = plugin->loaded;
  if (!plugin->previous) return fail(error, BARKER_E_NO_WEIGHTS, "nothing to roll back to");
  plugin->loaded = plugin->previous;
  plugin->previous = before;
  if (generation) *generation = plugin->loaded;
  return BARKER_OK;
}

static int32_t rescore(barker_plugin* plugin, const barker_request* request,
                       barker_response* response, char* error) {
  if (request->struct_size < sizeof *request || response->struct_size < sizeof *response ||
      response->ad_stride < sizeof(barker_result_ad)) {
    return fail(error, BARKER_E_INVALID_ARGUMENT, "a struct is shorter than in 1.0");
  }
  response->text_size = 0;
  for (uint64_t i = 0; i < request->ad_count; ++i) {
    const barker_ad* ad =
        (const barker_ad*)((const unsigned char*)request->ads + i * request->ad_stride);
    barker_result_ad result;
    memset(&result, 0, sizeof result);
    result.struct_size = sizeof result;
    result.ad = i;
    result.score = ad->first_pass_score;
    result.title_offset = response->text_size;
    result.title_size = ad->title.size;
    memcpy((unsigned char*)response->ads + i * response->ad_stride, &result, sizeof result);
    if (response->text_size + ad->title.size <= response->text_capacity) {
      memcpy(response->text + response->text_size, ad->title.data, ad->title.size);
    }
    response->text_size += ad->title.size;
  }
  if (response->text_size > response->text_capacity) {
    return fail(error, BARKER_E_INVALID_ARGUMENT, "text_capacity");
  }
  ++plugin->queries;
  response->ad_count = request->ad_count;
  response->status = BARKER_STATUS_BYPASSED;
  response->reason = BARKER_REASON_DISABLED;
  response->generation = plugin->loaded;
  return BARKER_OK;
}

static int32_t stats(barker_plugin* plugin, barker_stats* out) {
  barker_stats filled;
  memset(&filled, 0, sizeof filled);
  filled.struct_size = out->struct_size;
  filled.queries = filled.bypassed = plugin->queries;
  filled.loads = plugin->loads;
  filled.generation = plugin->loaded;
  memcpy(out, &filled, out->struct_size < sizeof filled ? out->struct_size : sizeof filled);
  return BARKER_OK;
}

static const void* get_extension(const char* id) {
  (void)id;
  return NULL;
}

extern const barker_api barker_entry;
const barker_api barker_entry = {
    sizeof(barker_api), BARKER_ABI_MAJOR, 0,       "1.0", create,       destroy,
    load_weights,       rollback,         rescore, stats, get_extension};
