/* A host that is compiled with the header of one ABI version (BARKER_HEADER) and run with a plugin
 * of any: it uses all that its header has and the plugin has too, and checks that the plugin writes
 * nothing beyond the structs that the host knows. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include BARKER_HEADER

enum { kAds = 3, kGuard = 64 };

static char error[BARKER_ERROR_SIZE];

static void expect(int holds, const char* what) {
  if (holds) return;
  fprintf(stderr, "ABI %d.%d: expected %s; the last error is \"%s\"\n", BARKER_ABI_MAJOR,
          BARKER_ABI_MINOR, what, error);
  exit(1);
}

static barker_string text(const char* s) {
  barker_string result;
  result.data = s;
  result.size = strlen(s);
  return result;
}

/* A struct of this version with bytes behind it that nobody may write to. */
static void* guarded(size_t size) {
  unsigned char* data = calloc(1, size + kGuard);
  expect(data != NULL, "memory");
  memset(data + size, 0xA5, kGuard);
  return data;
}

static void expect_guard(const void* data, size_t size, const char* what) {
  const unsigned char* guard = (const unsigned char*)data + size;
  for (int i = 0; i < kGuard; ++i) expect(guard[i] == 0xA5, what);
}

static const barker_api* load(const char* path) {
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  expect(library != NULL, "a library");
  const barker_api* api = (const barker_api*)dlsym(library, BARKER_ENTRY_SYMBOL);
  expect(api != NULL, "the symbol " BARKER_ENTRY_SYMBOL);
  expect(api->abi_major == BARKER_ABI_MAJOR, "an equal major version");
  return api;
}

/* kAds ads, all with the same two selling points. */
static void fill_ads(barker_ad* ads, barker_selling_point* points) {
  memset(points, 0, 2 * sizeof *points);
  points[0].struct_size = points[1].struct_size = sizeof points[0];
  points[0].text = text("waterproof");
  points[1].text = text("free shipping");
  memset(ads, 0, kAds * sizeof *ads);
  for (int i = 0; i < kAds; ++i) {
    ads[i].struct_size = sizeof ads[i];
    ads[i].id = text("an ad");
    ads[i].title = text("Trail running shoes");
    ads[i].first_pass_score = kAds - i;
    ads[i].bid = 1;
    ads[i].selling_points = points;
    ads[i].selling_point_count = 2;
    ads[i].selling_point_stride = sizeof points[0];
  }
  ads[1].flags = BARKER_AD_OPT_OUT;
}

static void rescore(const barker_api* api, barker_plugin* plugin, int32_t status,
                    uint64_t generation) {
  barker_selling_point points[2];
  barker_ad ads[kAds];
  fill_ads(ads, points);
  barker_request* request = guarded(sizeof *request);
  request->struct_size = sizeof *request;
  request->query = text("running shoes");
  request->ads = ads;
  request->ad_count = kAds;
  request->ad_stride = sizeof ads[0];
#if BARKER_ABI_MINOR >= 5
  request->surface = text("nowhere");
#endif

  char titles[4096];
  barker_result_ad* results = guarded(kAds * sizeof *results);
  barker_response* response = guarded(sizeof *response);
  for (int i = 0; i < kAds; ++i) results[i].struct_size = sizeof results[i];
  response->struct_size = sizeof *response;
  response->ads = results;
  response->ad_capacity = kAds;
  response->ad_stride = sizeof *results;
  response->text = titles;
  response->text_capacity = 5;
#if BARKER_ABI_MINOR >= 2
  const int32_t too_small = api->abi_minor >= 2 ? BARKER_E_TOO_SMALL : BARKER_E_INVALID_ARGUMENT;
#else
  const int32_t too_small = BARKER_E_INVALID_ARGUMENT;
#endif
  expect(api->rescore(plugin, request, response, error) == too_small, "a refusal of five bytes");
  expect(response->text_size > 5 && response->text_size <= sizeof titles, "the size needed");
  response->text_capacity = response->text_size;
  expect(api->rescore(plugin, request, response, error) == BARKER_OK, "an answer");
  expect(response->status == status, "another status");
  expect(response->generation == generation, "the generation that was loaded");
  expect(response->ad_count == kAds, "as many ads as were asked");
  int chosen = 0;
  for (int i = 0; i < kAds; ++i) {
    expect(results[i].ad < kAds, "an ad of the request");
    expect(results[i].title_offset + results[i].title_size <= response->text_size, "a title");
    expect(results[i].title_size >= strlen("Trail running shoes"), "a whole title");
    expect(results[i].ad != 1 || results[i].chosen_count == 0, "an ad that opted out untouched");
    chosen += (int)results[i].chosen_count;
  }
  expect((chosen > 0) == (status == BARKER_STATUS_RESCORED), "selling points where rescored");
#if BARKER_ABI_MINOR >= 2
  expect(response->bad_ads == 0, "no bad ad");
  if (api->struct_size > offsetof(barker_api, text_bound)) {
    expect(api->text_bound(plugin, request) >= response->text_size, "a bound that holds");
  }
#endif
  expect_guard(results, kAds * sizeof *results, "nothing written behind the results");
  expect_guard(response, sizeof *response, "nothing written behind the response");
  free(results);
  free(response);
  free(request);
}

static void read_stats(const barker_api* api, barker_plugin* plugin, uint64_t generation) {
  barker_stats* stats = guarded(sizeof *stats);
  stats->struct_size = sizeof *stats;
  expect(api->stats(plugin, stats) == BARKER_OK, "counters");
  expect(stats->queries >= 1, "queries counted");
  expect(stats->loads == 2, "loads counted");
  expect(stats->generation == generation, "the generation that serves");
#if BARKER_ABI_MINOR >= 5
  const int knows_surfaces = api->abi_minor >= 5 && stats->rescored > 0;
  expect((stats->unknown_surfaces > 0) == knows_surfaces, "an unknown surface counted");
#endif
  expect_guard(stats, sizeof *stats, "nothing written behind the counters");
  free(stats);
}

static void count_check(void* context, barker_string check, int32_t passed, barker_string detail) {
  (void)check;
  (void)detail;
  *(int*)context += passed;
}

static void verify(const barker_api* api, const char* weights) {
  const barker_verify* extension = api->get_extension(BARKER_EXT_VERIFY);
  if (!extension) return;
  int passed = 0;
  expect(extension->verify(text(weights), text("baseline"), count_check, &passed, error) == 0,
         "weights that pass");
  expect(passed > 5, "checks to be told");
}

#if BARKER_ABI_MINOR >= 1
static void run_canary(const barker_api* api, barker_plugin* plugin, const char* weights) {
  const barker_canary* canary = api->get_extension(BARKER_EXT_CANARY);
  if (!canary) return;
  uint64_t generation = 0;
  expect(canary->start(plugin, text(weights), &generation, error) == BARKER_OK, "a canary");
  barker_generation_stats* stats = guarded(sizeof *stats);
  stats->struct_size = sizeof *stats;
  expect(canary->read_generation(plugin, BARKER_ROLE_CANARY, stats) == BARKER_OK, "its counters");
  expect(stats->generation == generation, "its generation");
  expect_guard(stats, sizeof *stats, "nothing written behind its counters");
  free(stats);
  barker_agreement* agreement = guarded(sizeof *agreement);
  agreement->struct_size = sizeof *agreement;
  expect(canary->set_shares(plugin, 0.5, 0.5, error) == BARKER_OK, "shares");
  expect(canary->compare(plugin, 1, NULL, error) == BARKER_OK, "a comparison");
  expect(canary->read_agreement(plugin, agreement) == BARKER_OK, "an agreement");
  expect_guard(agreement, sizeof *agreement, "nothing written behind the agreement");
  free(agreement);
  expect(canary->stop(plugin, error) == BARKER_OK, "the canary's end");
}
#endif

#if BARKER_ABI_MINOR >= 4
static void attract(const barker_api* api, barker_plugin* plugin) {
  const barker_prepared* prepared = api->get_extension(BARKER_EXT_PREPARED);
  if (!prepared || prepared->struct_size < sizeof *prepared) return;
  barker_request request = {.struct_size = sizeof request, .query = text("running shoes")};
  barker_prepared_query* query = NULL;
  expect(prepared->begin(plugin, &request, &query, error) == BARKER_OK, "a prepared query");
  const barker_string keywords[] = {text("waterproof"), text("qzxv")};
  double* scores = guarded(2 * sizeof *scores);
  expect(prepared->attraction(query, keywords, 2, scores, error) == BARKER_OK, "attractions");
  expect(scores[0] > 0 && scores[0] < 1, "a probability of what the model knows");
  expect(scores[1] != scores[1], "none of what it does not");
  expect_guard(scores, 2 * sizeof *scores, "nothing written behind the probabilities");
  free(scores);
  prepared->end(query);
}
#endif

#if BARKER_ABI_MINOR >= 5
static double attraction_of(const barker_prepared* prepared, barker_plugin* plugin,
                            const barker_request* request, barker_string keyword) {
  barker_prepared_query* query = NULL;
  double score = 0;
  expect(prepared->begin(plugin, request, &query, error) == BARKER_OK, "a prepared query");
  expect(prepared->attraction(query, &keyword, 1, &score, error) == BARKER_OK, "an attraction");
  prepared->end(query);
  return score;
}

/* The weights have a dot product. */
static void learn(const barker_api* api, barker_plugin* plugin) {
  const barker_learn* learn = api->get_extension(BARKER_EXT_LEARN);
  const barker_prepared* prepared = api->get_extension(BARKER_EXT_PREPARED);
  if (!learn) return;
  barker_learning* learning = guarded(sizeof *learning);
  learning->struct_size = sizeof *learning;
  expect(learn->read(plugin, BARKER_ROLE_SERVING, learning) == BARKER_OK, "what states are like");
  expect(learning->tower != 0, "a tower");
  expect_guard(learning, sizeof *learning, "nothing written behind what states are like");
  char* state = guarded(learning->state_size);
  barker_request request = {.struct_size = sizeof request, .query = text("running shoes")};
  const barker_shown shown = {
      .struct_size = sizeof shown, .text = text("waterproof"), .clicked = 1};
  const double before = attraction_of(prepared, plugin, &request, shown.text);
  uint64_t size = 0;
  expect(learn->update(plugin, &request, &shown, 1, sizeof shown, state, learning->state_size - 1,
                       &size, error) == BARKER_E_TOO_SMALL,
         "a refusal of too few bytes");
  expect(size == learning->state_size, "the size needed");
  expect(learn->update(plugin, &request, &shown, 1, sizeof shown, state, size, &size, error) ==
             BARKER_OK,
         "a state");
  expect_guard(state, size, "nothing written behind the state");
  barker_state_description* described = guarded(sizeof *described);
  described->struct_size = sizeof *described;
  expect(learn->describe(plugin, state, size, described) == BARKER_OK, "what a state says");
  expect(described->use == BARKER_STATE_USED && described->impressions == 1, "one impression");
  expect(described->tower == learning->tower, "the tower of the weights");
  expect_guard(described, sizeof *described, "nothing written behind what a state says");
  free(described);
  request.user_state = state;
  request.user_state_size = size;
  expect(attraction_of(prepared, plugin, &request, shown.text) > before, "what was clicked, more");
  state[size / 2] ^= 1;
  expect(attraction_of(prepared, plugin, &request, shown.text) == before, "no damaged state used");
  free(state);
  free(learning);
}
#endif

#if BARKER_ABI_MINOR >= 3
static void split(const barker_api* api) {
  const barker_keywords* keywords = api->get_extension(BARKER_EXT_KEYWORDS);
  if (!keywords) return;
  enum { kWords = 5 }; /* three words, and a boundary on each side of the second */
  const barker_string title = text("Trail (running) shoes");
  barker_word* words = guarded(kWords * sizeof *words);
  uint64_t count = 0;
  expect(keywords->scheme > 0, "a keyword scheme");
  expect(keywords->split(title, words, kWords - 1, &count, error) == BARKER_E_TOO_SMALL,
         "a refusal of too few words");
  expect(count == kWords, "the number of words and boundaries");
  expect(keywords->split(title, words, kWords, &count, error) == BARKER_OK, "words");
  for (int i = 0; i < kWords; ++i) {
    expect((words[i].fingerprint == 0) == (i % 2 == 1), "a boundary at each bracket");
    expect(words[i].begin < words[i].end && words[i].end <= title.size, "bytes of the text");
  }
  expect(memcmp(title.data + words[2].begin, "running", 7) == 0, "the bytes of a word");
  expect_guard(words, kWords * sizeof *words, "nothing written behind the words");
  free(words);
}

typedef struct page {
  barker_result_ad results[kAds];
  char titles[4096];
  uint64_t size;
} page;

/* Asks for the ads of a catalogue (0: for ads that come whole) and returns the code. */
static int32_t ask(const barker_api* api, barker_plugin* plugin, uint64_t catalogue,
                   const barker_ad* ads, page* answer) {
  barker_request request;
  memset(&request, 0, sizeof request);
  request.struct_size = sizeof request;
  request.query = text("running shoes");
  request.ads = ads;
  request.ad_count = kAds;
  request.ad_stride = sizeof *ads;
  request.catalogue = catalogue;
  barker_response response;
  memset(&response, 0, sizeof response);
  memset(answer, 0, sizeof *answer);
  response.struct_size = sizeof response;
  response.ads = answer->results;
  response.ad_capacity = kAds;
  response.ad_stride = sizeof answer->results[0];
  response.text = answer->titles;
  response.text_capacity = sizeof answer->titles;
  const int32_t code = api->rescore(plugin, &request, &response, error);
  answer->size = response.text_size;
  return code;
}

static void use_catalogue(const barker_api* api, barker_plugin* plugin) {
  const barker_catalogue* catalogue = api->get_extension(BARKER_EXT_CATALOGUE);
  if (!catalogue) return;
  barker_selling_point points[2];
  barker_ad ads[kAds], numbers[kAds];
  page whole, by_number;
  fill_ads(ads, points);
  uint64_t first = 0, second = 0, third = 0;
  expect(catalogue->add(plugin, ads, kAds, sizeof *ads, &first, error) == BARKER_OK, "a catalogue");
  memset(numbers, 0, sizeof numbers);
  for (int i = 0; i < kAds; ++i) {
    numbers[i].struct_size = sizeof numbers[i];
    numbers[i].catalogue_ad = (uint64_t)i + 1;
    numbers[i].first_pass_score = kAds - i;
    numbers[i].bid = 1;
  }
  expect(ask(api, plugin, 0, ads, &whole) == BARKER_OK, "an answer");
  expect(ask(api, plugin, first, numbers, &by_number) == BARKER_OK, "an answer by numbers");
  expect(memcmp(&whole, &by_number, sizeof whole) == 0, "the same answer by numbers");

  ads[2].title = text("Trail shoes for everybody");
  ads[2].catalogue_ad = 3;
  expect(catalogue->upsert(plugin, first, &ads[2], 1, sizeof *ads, &second, error) == BARKER_OK,
         "a changed catalogue");
  expect(ask(api, plugin, 0, ads, &whole) == BARKER_OK, "an answer");
  expect(ask(api, plugin, second, numbers, &by_number) == BARKER_OK, "an answer by numbers");
  expect(memcmp(&whole, &by_number, sizeof whole) == 0, "the changed title by its number");

  const uint64_t gone = 3;
  expect(catalogue->remove(plugin, second, &gone, 1, &third, error) == BARKER_OK, "an ad less");
  expect(ask(api, plugin, third, numbers, &by_number) == BARKER_E_INVALID_ARGUMENT,
         "a refusal of an ad that is gone");
  expect(ask(api, plugin, second, numbers, &by_number) == BARKER_OK, "the one before unchanged");
  expect(catalogue->release(plugin, first, error) == BARKER_OK, "a release");
  expect(catalogue->release(plugin, second, error) == BARKER_OK, "a release");
  expect(catalogue->release(plugin, third, error) == BARKER_OK, "a release");
  expect(ask(api, plugin, second, numbers, &by_number) == BARKER_E_INVALID_ARGUMENT,
         "a refusal of what is released");
}
#endif

int main(int argc, char** argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: host PLUGIN WEIGHTS rescored|bypassed\n");
    return 64;
  }
  const barker_api* api = load(argv[1]);
  const int rescores = strcmp(argv[3], "rescored") == 0;
  barker_host host;
  memset(&host, 0, sizeof host);
  host.struct_size = sizeof host;
  host.abi_major = BARKER_ABI_MAJOR;
  host.abi_minor = BARKER_ABI_MINOR;
  barker_plugin* plugin = NULL;
  uint64_t generation = 0;
  expect(api->create(&host, text(""), &plugin, error) == BARKER_OK, "a plugin");
  expect(api->rollback(plugin, NULL, error) == BARKER_E_NO_WEIGHTS, "nothing to roll back to");
  expect(api->load_weights(plugin, text(argv[2]), NULL, error) == BARKER_OK, "weights");
  expect(api->load_weights(plugin, text(argv[2]), &generation, error) == BARKER_OK, "weights");
  expect(generation == 2, "a second generation");
  rescore(api, plugin, rescores ? BARKER_STATUS_RESCORED : BARKER_STATUS_BYPASSED, generation);
  read_stats(api, plugin, generation);
  verify(api, argv[2]);
#if BARKER_ABI_MINOR >= 1
  run_canary(api, plugin, argv[2]);
#endif
#if BARKER_ABI_MINOR >= 4
  attract(api, plugin);
#endif
#if BARKER_ABI_MINOR >= 5
  learn(api, plugin);
#endif
#if BARKER_ABI_MINOR >= 3
  split(api);
  use_catalogue(api, plugin);
#endif
  expect(api->rollback(plugin, &generation, error) == BARKER_OK, "a rollback");
  expect(generation == 1, "the first generation");
  api->destroy(plugin);
  return 0;
}
