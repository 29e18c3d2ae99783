/* A plugin of ABI 1.0, compiled with the header of that version: it answers every query with the
 * ads as they came. It wants its buffers as 1.0 did: the caller sets struct_size of every result,
 * and a text buffer that is too small is an invalid argument. */
#include <string.h>

#include "tests/plugin/abi/barker_1_0.h"

static int made;

static int32_t fail(char* error, const char* text) {
  if (error) strcpy(error, text);
  return BARKER_E_INVALID_ARGUMENT;
}

static int32_t create(const barker_host* host, barker_string config, barker_plugin** plugin,
                      char* error) {
  (void)host, (void)config, (void)error;
  *plugin = (barker_plugin*)&made;
  return BARKER_OK;
}

static void destroy(barker_plugin* plugin) { (void)plugin; }

static int32_t load_weights(barker_plugin* plugin, barker_string path, uint64_t* generation,
                            char* error) {
  (void)plugin, (void)path, (void)error;
  if (generation) *generation = 1;
  return BARKER_OK;
}

static int32_t rollback(barker_plugin* plugin, uint64_t* generation, char* error) {
  (void)plugin, (void)generation;
  fail(error, "there are no weights to roll back to");
  return BARKER_E_NO_WEIGHTS;
}

static int32_t rescore(barker_plugin* plugin, const barker_request* request,
                       barker_response* response, char* error) {
  (void)plugin;
  uint64_t needed = 0;
  for (uint64_t i = 0; i < request->ad_count; ++i) {
    const barker_ad* ad = (const barker_ad*)((const char*)request->ads + i * request->ad_stride);
    needed += ad->title.size;
  }
  if (response->text_capacity < needed) {
    response->text_size = needed;
    return fail(error, "the text buffer is too small");
  }
  response->text_size = 0;
  for (uint64_t i = 0; i < request->ad_count; ++i) {
    const barker_ad* ad = (const barker_ad*)((const char*)request->ads + i * request->ad_stride);
    barker_result_ad* result = (barker_result_ad*)((char*)response->ads + i * response->ad_stride);
    if (result->struct_size < sizeof *result) return fail(error, "a result is too small");
    result->ad = i;
    result->score = ad->first_pass_score;
    result->title_offset = response->text_size;
    result->title_size = ad->title.size;
    memcpy(response->text + response->text_size, ad->title.data, ad->title.size);
    response->text_size += ad->title.size;
  }
  response->ad_count = request->ad_count;
  response->status = BARKER_STATUS_BYPASSED;
  response->reason = BARKER_REASON_DISABLED;
  return BARKER_OK;
}

static int32_t stats(barker_plugin* plugin, barker_stats* out) {
  (void)plugin, (void)out;
  return BARKER_OK;
}

static int32_t explain(barker_plugin* plugin, const barker_request* request, barker_string* json,
                       char* error) {
  (void)plugin, (void)request, (void)error;
  json->data = "{\"status\":\"bypassed\"}";
  json->size = strlen(json->data);
  return BARKER_OK;
}

static void release(barker_string json) { (void)json; }

static const barker_explain explain_table = {sizeof(barker_explain), explain, release};

static const void* get_extension(const char* id) {
  return strcmp(id, BARKER_EXT_EXPLAIN) == 0 ? &explain_table : NULL;
}

const barker_api barker_entry = {
    sizeof(barker_api), 1,        0,       "1.0 of old", create,       destroy,
    load_weights,       rollback, rescore, stats,        get_extension};
