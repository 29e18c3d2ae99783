/* A complete host in C11, as plugin/README.md describes one: it loads the plugin and weights, asks
 * for one page, grows its text buffer where the plugin asks for more, prints the titles and, with
 * the extension barker.explain/1, the reasons.
 *
 *     host LIBBARKER WEIGHTS
 */
#include <barker.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kAds = 3, kPoints = 3 };

static barker_string text(const char* s) {
  barker_string result = {s, strlen(s)};
  return result;
}

static void stop(const char* what, const char* error) {
  fprintf(stderr, "host: %s: %s\n", what, error);
  exit(1);
}

static void log_message(void* context, int32_t level, barker_string message) {
  static const char* const names[] = {"info", "warning", "error"};
  (void)context;
  fprintf(stderr, "%s: %.*s\n", names[level], (int)message.size, message.data);
}

/* ---- what a search engine has: a query, a user, and the ads of its first pass ---------------- */

struct page {
  barker_string user_keywords[2];
  barker_selling_point points[kPoints];
  barker_ad ads[kAds];
  barker_request request;
};

static void fill_page(struct page* page) {
  static const char* const points[kPoints] = {"waterproof", "free shipping", "lightweight"};
  static const char* const titles[kAds] = {"Trail running shoes", "City backpack 20 l",
                                           "Rain jacket <unisex>"};
  memset(page, 0, sizeof *page); /* what is not set is zero, also in versions to come */
  page->user_keywords[0] = text("hiking boots");
  page->user_keywords[1] = text("tent");
  for (int i = 0; i < kPoints; ++i) {
    page->points[i].struct_size = sizeof page->points[i];
    page->points[i].text = text(points[i]);
  }
  for (int i = 0; i < kAds; ++i) {
    barker_ad* ad = &page->ads[i];
    ad->struct_size = sizeof *ad;
    ad->id = text(titles[i]);
    ad->title = text(titles[i]);
    ad->first_pass_score = 3 - 0.5 * i;
    ad->bid = 1;
    ad->selling_points = page->points;
    ad->selling_point_count = kPoints;
    ad->selling_point_stride = sizeof page->points[0];
  }
  barker_request* request = &page->request;
  request->struct_size = sizeof *request;
  request->query = text("running shoes");
  request->user = text("anna");
  request->user_keywords = page->user_keywords;
  request->user_keyword_count = 2;
  request->ads = page->ads;
  request->ad_count = kAds;
  request->ad_stride = sizeof page->ads[0];
}

/* ---- what a thread keeps from query to query: the buffers of its answers --------------------- */

struct session {
  barker_result_ad results[kAds];
  barker_response response;
};

static void open_session(struct session* session, uint64_t text_capacity) {
  memset(session, 0, sizeof *session);
  barker_response* response = &session->response;
  response->struct_size = sizeof *response;
  response->ads = session->results;
  response->ad_capacity = kAds;
  response->ad_stride = sizeof session->results[0];
  response->text = malloc(text_capacity);
  response->text_capacity = text_capacity;
  for (int i = 0; i < kAds; ++i) session->results[i].struct_size = sizeof session->results[i];
  if (!response->text) stop("memory", "there is none");
}

/* Gives how often the plugin asked for a larger text buffer: 0 or 1. */
static int ask(const barker_api* api, barker_plugin* plugin, const barker_request* request,
               struct session* session) {
  char error[BARKER_ERROR_SIZE] = "";
  barker_response* response = &session->response;
  int grown = 0;
  int32_t code = api->rescore(plugin, request, response, error);
  if (code == BARKER_E_TOO_SMALL) {
    response->text_capacity = response->text_size;
    free(response->text);
    response->text = malloc(response->text_capacity);
    if (!response->text) stop("memory", "there is none");
    code = api->rescore(plugin, request, response, error);
    ++grown;
  }
  if (code != BARKER_OK) stop("rescore", error);
  return grown;
}

static void print_page(const struct page* page, const barker_response* response) {
  for (uint64_t i = 0; i < response->ad_count; ++i) {
    const barker_result_ad* result = &response->ads[i];
    printf("%.*s  (%.*s)\n", (int)result->title_size, response->text + result->title_offset,
           (int)page->ads[result->ad].title.size, page->ads[result->ad].title.data);
  }
}

static void explain(const barker_api* api, barker_plugin* plugin, const barker_request* request) {
  const barker_explain* extension = api->get_extension(BARKER_EXT_EXPLAIN);
  char error[BARKER_ERROR_SIZE] = "";
  barker_string json;
  if (!extension) return; /* an optional power that this plugin lacks */
  if (extension->explain(plugin, request, &json, error)) stop("explain", error);
  printf("%.*s\n", (int)json.size, json.data);
  extension->release(json);
}

int main(int argc, char** argv) {
  if (argc != 3) stop("usage", "host LIBBARKER WEIGHTS");
  void* library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (!library) stop("dlopen", dlerror());
  const barker_api* api = dlsym(library, BARKER_ENTRY_SYMBOL);
  if (!api) stop("dlsym", dlerror());
  if (api->abi_major != BARKER_ABI_MAJOR) stop("version", "another major");

  char error[BARKER_ERROR_SIZE] = "";
  const barker_host host = {sizeof host, BARKER_ABI_MAJOR, BARKER_ABI_MINOR, NULL, log_message};
  barker_plugin* plugin = NULL;
  const barker_string config = text("[selling_points]\ncount = 2\n[title]\nseparator = \" | \"\n");
  if (api->create(&host, config, &plugin, error)) stop("create", error);
  if (api->load_weights(plugin, text("/nowhere/at/all"), NULL, error) != BARKER_E_NOT_FOUND) {
    stop("load_weights", "expected a path that leads nowhere to be refused");
  }
  if (api->load_weights(plugin, text(argv[2]), NULL, error)) stop("load_weights", error);

  struct page page;
  struct session session;
  fill_page(&page);
  open_session(&session, 16); /* too small: the plugin says what it needs */
  if (ask(api, plugin, &page.request, &session) != 1) stop("rescore", "16 bytes were enough");
  if (ask(api, plugin, &page.request, &session) != 0) stop("rescore", "the buffer did not last");
  if (session.response.status != BARKER_STATUS_RESCORED) stop("rescore", "it was bypassed");
  print_page(&page, &session.response);
  explain(api, plugin, &page.request);
  free(session.response.text);
  api->destroy(plugin);
  return 0;
}
