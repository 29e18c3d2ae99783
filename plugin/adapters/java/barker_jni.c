/* libbarker_jni.so: the natives of com.barker. It opens libbarker.so at run time, so that it links
 * nothing but libc, and asks the plugin for a whole page in one call. Requests and answers lie in
 * direct buffers of the caller; this file keeps no memory but the handle of `open`.
 *
 * Buffers have the machine's byte order, and numbers in them are not aligned. A text is its size
 * (int32) and its bytes.
 *   request   header (kRequestHeader bytes, see read_header), query, user, keywords; each group:
 *             name, int32 count, tokens; each ad: first-pass score, bid (double), flags, count of
 *             selling points (int32), id, title, merchant, category, selling points
 *   response  header (kResponseHeader bytes, see write_header), error text; barker_result_ad for
 *             each ad; titles
 * A request that ends too early or has more parts than its header says is refused. All functions
 * may run on any thread, except `close`, which comes after the last query. */
#include <dlfcn.h>
#include <jni.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/barker.h"

enum { kRequestHeader = 40, kResponseHeader = 40, kResults = kResponseHeader + BARKER_ERROR_SIZE };

/* BarkerSession.java reads these fields of a result at these places. */
_Static_assert(offsetof(barker_result_ad, ad) == 8, "BarkerSession.ad");
_Static_assert(offsetof(barker_result_ad, score) == 16, "BarkerSession.score");
_Static_assert(offsetof(barker_result_ad, pctr) == 24, "BarkerSession.pctr");
_Static_assert(offsetof(barker_result_ad, title_offset) == 32, "BarkerSession.title");
_Static_assert(offsetof(barker_result_ad, title_size) == 40, "BarkerSession.title");
_Static_assert(offsetof(barker_result_ad, chosen_count) == 52, "BarkerSession.chosenCount");
_Static_assert(offsetof(barker_result_ad, chosen) == 56, "BarkerSession.chosen");
_Static_assert(sizeof(barker_chosen) == 32, "BarkerSession.chosen");

struct bridge {
  const barker_api* api;
  barker_host host;
  barker_plugin* plugin;
};

/* ---- texts of control calls ------------------------------------------------------------------ */

/* A copy of the bytes with a NUL behind them, to be freed; NULL where there is no memory. */
static char* copy_bytes(JNIEnv* env, jbyteArray bytes, jsize* size) {
  *size = (*env)->GetArrayLength(env, bytes);
  char* copy = malloc((size_t)*size + 1);
  if (!copy) return NULL;
  (*env)->GetByteArrayRegion(env, bytes, 0, *size, (jbyte*)copy);
  copy[*size] = '\0';
  return copy;
}

static void give_error(JNIEnv* env, jbyteArray error, const char* text) {
  jsize size = (jsize)strlen(text);
  const jsize room = (*env)->GetArrayLength(env, error);
  if (size > room) size = room;
  (*env)->SetByteArrayRegion(env, error, 0, size, (const jbyte*)text);
}

/* ---- reading a request ----------------------------------------------------------------------- */

/* What is left of a request, and of the arrays that its header announces. */
struct reader {
  const char* at;
  const char* end;
  int bad; /* 1: the request ended too early or has more parts than announced */
  barker_ad* ads;
  barker_selling_point* points;
  barker_string* strings;
  barker_group* groups;
  int32_t points_left;
  int32_t strings_left;
};

static void read_bytes(struct reader* reader, void* out, size_t size) {
  if ((size_t)(reader->end - reader->at) < size) {
    reader->bad = 1;
    memset(out, 0, size);
    return;
  }
  memcpy(out, reader->at, size);
  reader->at += size;
}

static int32_t read_int(struct reader* reader) {
  int32_t value;
  read_bytes(reader, &value, sizeof value);
  return value;
}

static double read_double(struct reader* reader) {
  double value;
  read_bytes(reader, &value, sizeof value);
  return value;
}

static barker_string read_text(struct reader* reader) {
  barker_string text = {NULL, 0};
  const int32_t size = read_int(reader);
  if (size < 0 || reader->end - reader->at < size) {
    reader->bad = 1;
    return text;
  }
  text.data = reader->at;
  text.size = (uint64_t)size;
  reader->at += size;
  return text;
}

static const barker_string* read_texts(struct reader* reader, int32_t count) {
  barker_string* first = reader->strings;
  if (count < 0 || count > reader->strings_left) {
    reader->bad = 1;
    return NULL;
  }
  for (int32_t i = 0; i < count; ++i) first[i] = read_text(reader);
  reader->strings += count;
  reader->strings_left -= count;
  return first;
}

static void read_group(struct reader* reader, barker_group* group) {
  memset(group, 0, sizeof *group);
  group->struct_size = sizeof *group;
  group->name = read_text(reader);
  const int32_t count = read_int(reader);
  group->tokens = read_texts(reader, count);
  group->token_count = reader->bad ? 0 : (uint64_t)count;
}

static void read_ad(struct reader* reader, barker_ad* ad) {
  memset(ad, 0, sizeof *ad);
  ad->struct_size = sizeof *ad;
  ad->first_pass_score = read_double(reader);
  ad->bid = read_double(reader);
  ad->flags = (uint32_t)read_int(reader);
  const int32_t count = read_int(reader);
  ad->id = read_text(reader);
  ad->title = read_text(reader);
  ad->merchant = read_text(reader);
  ad->category = read_text(reader);
  if (count < 0 || count > reader->points_left) {
    reader->bad = 1;
    return;
  }
  ad->selling_points = reader->points;
  ad->selling_point_count = (uint64_t)count;
  ad->selling_point_stride = sizeof *reader->points;
  for (int32_t i = 0; i < count; ++i) {
    barker_selling_point* point = reader->points++;
    memset(point, 0, sizeof *point);
    point->struct_size = sizeof *point;
    point->text = read_text(reader);
  }
  reader->points_left -= count;
}

static size_t scratch_size(int32_t ads, int32_t points, int32_t strings, int32_t groups) {
  return (size_t)ads * sizeof(barker_ad) + (size_t)points * sizeof(barker_selling_point) +
         (size_t)strings * sizeof(barker_string) + (size_t)groups * sizeof(barker_group);
}

/* Lays the arrays out in `scratch` and points `request` at them. 0: the request is damaged, or
 * scratch is too small for it. */
static int read_request(const char* bytes, int64_t size, char* scratch, int64_t scratch_capacity,
                        barker_request* request) {
  struct reader reader = {.at = bytes, .end = bytes + size};
  memset(request, 0, sizeof *request);
  request->struct_size = sizeof *request;
  const int32_t ads = read_int(&reader);
  const int32_t points = read_int(&reader);
  const int32_t keywords = read_int(&reader);
  const int32_t groups = read_int(&reader);
  const int32_t tokens = read_int(&reader);
  const int32_t shown = read_int(&reader);
  read_bytes(&reader, &request->deadline_ns, sizeof request->deadline_ns);
  read_bytes(&reader, &request->seed, sizeof request->seed);
  if (reader.bad || ads < 0 || points < 0 || keywords < 0 || groups < 0 || tokens < 0 ||
      shown < 0 || keywords > INT32_MAX - tokens ||
      scratch_size(ads, points, keywords + tokens, groups) > (size_t)scratch_capacity) {
    return 0;
  }
  reader.ads = (barker_ad*)scratch;
  reader.points = (barker_selling_point*)(reader.ads + ads);
  reader.strings = (barker_string*)(reader.points + points);
  reader.groups = (barker_group*)(reader.strings + keywords + tokens);
  reader.points_left = points;
  reader.strings_left = keywords + tokens;
  request->query = read_text(&reader);
  request->user = read_text(&reader);
  request->user_keywords = read_texts(&reader, keywords);
  request->user_keyword_count = (uint64_t)keywords;
  for (int32_t i = 0; i < groups && !reader.bad; ++i) read_group(&reader, &reader.groups[i]);
  for (int32_t i = 0; i < ads && !reader.bad; ++i) read_ad(&reader, &reader.ads[i]);
  request->groups = reader.groups;
  request->group_count = (uint64_t)groups;
  request->group_stride = sizeof(barker_group);
  request->ads = reader.ads;
  request->ad_count = (uint64_t)ads;
  request->ad_stride = sizeof(barker_ad);
  request->window = (uint64_t)ads;
  request->shown = (uint64_t)shown;
  return !reader.bad && reader.at == reader.end;
}

/* ---- writing an answer ----------------------------------------------------------------------- */

/* The header: status, reason, count of ads, bytes of a result (int32), generation, offset of the
 * titles, their size, or the size needed (int64). */
static void write_header(char* bytes, const barker_response* response) {
  const int32_t ints[4] = {response->status, response->reason, (int32_t)response->ad_count,
                           (int32_t)response->ad_stride};
  const int64_t longs[3] = {(int64_t)response->generation, (int64_t)(response->text - bytes),
                            (int64_t)response->text_size};
  memcpy(bytes, ints, sizeof ints);
  memcpy(bytes + sizeof ints, longs, sizeof longs);
}

static int32_t answer(const struct bridge* bridge, const barker_request* request, char* bytes,
                      int64_t capacity) {
  const int64_t results = (int64_t)(request->ad_count * sizeof(barker_result_ad));
  if (capacity < kResults + results) return BARKER_E_INVALID_ARGUMENT;
  barker_response response;
  memset(&response, 0, sizeof response);
  response.struct_size = sizeof response;
  response.ads = (barker_result_ad*)(bytes + kResults);
  response.ad_capacity = request->ad_count;
  response.ad_stride = sizeof(barker_result_ad);
  response.text = bytes + kResults + results;
  response.text_capacity = (uint64_t)(capacity - kResults - results);
  const int32_t code =
      bridge->api->rescore(bridge->plugin, request, &response, bytes + kResponseHeader);
  write_header(bytes, &response);
  return code;
}

/* ---- natives --------------------------------------------------------------------------------- */

static struct bridge* from_handle(jlong handle) { return (struct bridge*)(intptr_t)handle; }

/* 0, or a code with its reason in `error`. */
static int32_t open_plugin(struct bridge* bridge, const char* library, barker_string config,
                           char* error) {
  void* opened = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (!opened) {
    const char* reason = dlerror();
    strncpy(error, reason ? reason : "dlopen failed", BARKER_ERROR_SIZE - 1);
    return BARKER_E_NOT_FOUND;
  }
  bridge->api = dlsym(opened, BARKER_ENTRY_SYMBOL);
  if (!bridge->api || bridge->api->abi_major != BARKER_ABI_MAJOR) {
    strncpy(error, "the library has no barker_entry of this major version", BARKER_ERROR_SIZE - 1);
    return BARKER_E_VERSION;
  }
  bridge->host.struct_size = sizeof bridge->host;
  bridge->host.abi_major = BARKER_ABI_MAJOR;
  bridge->host.abi_minor = BARKER_ABI_MINOR;
  return bridge->api->create(&bridge->host, config, &bridge->plugin, error);
}

JNIEXPORT jint JNICALL Java_com_barker_Barker_open(JNIEnv* env, jclass type, jbyteArray library,
                                                   jbyteArray config, jlongArray handle,
                                                   jbyteArray error) {
  (void)type;
  jsize path_size = 0;
  jsize config_size = 0;
  char text[BARKER_ERROR_SIZE] = "";
  int32_t code = BARKER_E_INTERNAL;
  char* path = copy_bytes(env, library, &path_size);
  char* toml = copy_bytes(env, config, &config_size);
  struct bridge* bridge = calloc(1, sizeof *bridge);
  if (path && toml && bridge) {
    code = open_plugin(bridge, path, (barker_string){toml, (uint64_t)config_size}, text);
  }
  free(path);
  free(toml);
  if (code != BARKER_OK) {
    free(bridge);
    give_error(env, error, text);
    return code;
  }
  const jlong value = (jlong)(intptr_t)bridge;
  (*env)->SetLongArrayRegion(env, handle, 0, 1, &value);
  return BARKER_OK;
}

JNIEXPORT void JNICALL Java_com_barker_Barker_destroy(JNIEnv* env, jclass type, jlong handle) {
  (void)env;
  (void)type;
  struct bridge* bridge = from_handle(handle);
  bridge->api->destroy(bridge->plugin);
  free(bridge);
}

JNIEXPORT jint JNICALL Java_com_barker_Barker_loadWeights(JNIEnv* env, jclass type, jlong handle,
                                                          jbyteArray path, jlongArray generation,
                                                          jbyteArray error) {
  (void)type;
  const struct bridge* bridge = from_handle(handle);
  char text[BARKER_ERROR_SIZE] = "";
  uint64_t loaded = 0;
  jsize size = 0;
  char* bytes = copy_bytes(env, path, &size);
  if (!bytes) return BARKER_E_INTERNAL;
  const int32_t code = bridge->api->load_weights(
      bridge->plugin, (barker_string){bytes, (uint64_t)size}, &loaded, text);
  free(bytes);
  if (code != BARKER_OK) {
    give_error(env, error, text);
    return code;
  }
  const jlong value = (jlong)loaded;
  (*env)->SetLongArrayRegion(env, generation, 0, 1, &value);
  return BARKER_OK;
}

JNIEXPORT jint JNICALL Java_com_barker_Barker_rollback(JNIEnv* env, jclass type, jlong handle,
                                                       jlongArray generation, jbyteArray error) {
  (void)type;
  const struct bridge* bridge = from_handle(handle);
  char text[BARKER_ERROR_SIZE] = "";
  uint64_t now = 0;
  const int32_t code = bridge->api->rollback(bridge->plugin, &now, text);
  if (code != BARKER_OK) give_error(env, error, text);
  const jlong value = (jlong)now;
  (*env)->SetLongArrayRegion(env, generation, 0, 1, &value);
  return code;
}

JNIEXPORT jlong JNICALL Java_com_barker_Barker_scratchSize(JNIEnv* env, jclass type, jint ads,
                                                           jint points, jint strings, jint groups) {
  (void)env;
  (void)type;
  return (jlong)scratch_size(ads, points, strings, groups);
}

JNIEXPORT jlong JNICALL Java_com_barker_Barker_resultSize(JNIEnv* env, jclass type) {
  (void)env;
  (void)type;
  return (jlong)sizeof(barker_result_ad);
}

JNIEXPORT jint JNICALL Java_com_barker_Barker_rescore(JNIEnv* env, jclass type, jlong handle,
                                                      jobject request, jint size, jobject scratch,
                                                      jint scratch_capacity, jobject response,
                                                      jint response_capacity) {
  (void)type;
  char* bytes = (*env)->GetDirectBufferAddress(env, response);
  barker_request asked;
  if (!read_request((*env)->GetDirectBufferAddress(env, request), size,
                    (*env)->GetDirectBufferAddress(env, scratch), scratch_capacity, &asked)) {
    strcpy(bytes + kResponseHeader, "the request's buffer is damaged");
    return BARKER_E_INVALID_ARGUMENT;
  }
  return answer(from_handle(handle), &asked, bytes, response_capacity);
}
