/* A host in plain C: loads the installed plugin, loads weights, rescores two ads, prints the
 * titles. */
#include <barker.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static barker_string text(const char* s) {
  barker_string result;
  result.data = s;
  result.size = strlen(s);
  return result;
}

static int fail(const char* what, const char* error) {
  fprintf(stderr, "consumer: %s: %s\n", what, error);
  return 1;
}

int main(int argc, char** argv) {
  if (argc != 2) return fail("usage", "consumer WEIGHTS");
  void* library = dlopen(BARKER_PLUGIN, RTLD_NOW | RTLD_LOCAL);
  if (!library) return fail("dlopen", dlerror());
  const barker_api* api = (const barker_api*)dlsym(library, BARKER_ENTRY_SYMBOL);
  if (!api) return fail("dlsym", dlerror());
  if (api->abi_major != BARKER_ABI_MAJOR) return fail("abi", "another major version");

  char error[BARKER_ERROR_SIZE] = "";
  barker_host host = {sizeof host, BARKER_ABI_MAJOR, BARKER_ABI_MINOR, NULL, NULL};
  barker_plugin* plugin = NULL;
  uint64_t generation = 0;
  if (api->create(&host, text(""), &plugin, error)) return fail("create", error);
  if (api->load_weights(plugin, text(argv[1]), &generation, error)) return fail("load", error);

  barker_selling_point points[2];
  memset(points, 0, sizeof points);
  points[0].struct_size = points[1].struct_size = sizeof points[0];
  points[0].text = text("waterproof");
  points[1].text = text("free shipping");

  barker_ad ads[2];
  memset(ads, 0, sizeof ads);
  ads[0].struct_size = ads[1].struct_size = sizeof ads[0];
  ads[0].id = text("a1");
  ads[0].title = text("Trail running shoes");
  ads[0].first_pass_score = 2;
  ads[0].bid = 1;
  ads[0].selling_points = points;
  ads[0].selling_point_count = 2;
  ads[0].selling_point_stride = sizeof points[0];
  ads[1] = ads[0];
  ads[1].id = text("a2");
  ads[1].flags = BARKER_AD_OPT_OUT;

  barker_request request;
  memset(&request, 0, sizeof request);
  request.struct_size = sizeof request;
  request.query = text("running shoes");
  request.ads = ads;
  request.ad_count = 2;
  request.ad_stride = sizeof ads[0];

  barker_result_ad results[2];
  char titles[4096];
  barker_response response;
  memset(results, 0, sizeof results);
  memset(&response, 0, sizeof response);
  results[0].struct_size = results[1].struct_size = sizeof results[0];
  response.struct_size = sizeof response;
  response.ads = results;
  response.ad_capacity = 2;
  response.ad_stride = sizeof results[0];
  response.text = titles;
  response.text_capacity = sizeof titles;
  if (api->rescore(plugin, &request, &response, error)) return fail("rescore", error);
  if (response.ad_count != 2 || response.generation != generation) return fail("rescore", "count");
  if (response.status != BARKER_STATUS_RESCORED) return fail("rescore", "not rescored");
  for (uint64_t i = 0; i < response.ad_count; ++i) {
    printf("%.*s\n", (int)results[i].title_size, titles + results[i].title_offset);
  }
  api->destroy(plugin);
  return 0;
}
