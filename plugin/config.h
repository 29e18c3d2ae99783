// The plugin's configuration: a TOML text, all keys optional, every wrong one an error with its
// line.
//
//   enabled = true            false: every query is bypassed
//   isa = ""                  "baseline", "avx2", "avx512", "avx512dot"; empty: the best this
//                             machine has
//   window = 50               how many ads of the first pass are rescored
//   numbers = "file"          "exact": float; "fast": the weight file's bf16 or int8 where they
//                             pay; "screened": all in fast numbers and again in float what could
//                             be chosen, so that the answer is that of "exact"; "file": as the
//                             file says
//   memory = "auto"           "mapped": weights stay in the page cache; "copied": in the process's
//                             own memory, which nobody else can change or truncate; "auto": copied
//                             where others may write to the file
//   shared_directory = false  true: weights may lie in a directory where others may replace files
//   trusted_keys = []         public keys in hexadecimal (`barker keygen`): where there are any,
//                             only weight files signed by one of them are loaded
//   latency_gate = 0.0        refuse weights whose own warm-up queries (the golden vectors) take
//                             more than so many times those of the serving ones, 99th percentile;
//                             0: do not
//   [canary]                  a second generation beside the first (extension barker.canary/1)
//   served = 0.0              share of the users who see its answers
//   compared = 0.0            share of the queries asked of both, unseen
//   salt = ""                 another one gives other users
//   [order]                   score = bid^bid * pctr^pctr * first_pass^first_pass, each 0 to 10
//   bid = 1.0
//   pctr = 1.0                a model without the second task predicts none: then the factor is 1
//   first_pass = 1.0          keeps relevance in the order, the more so where pctr is missing
//   [selling_points]
//   count = 2                 0 to 3; two is what the paper's online tests found safest
//   minimum_score = 0.0       P(attracted) below which none is shown
//   maximum_cosine = 0.9      two nearer than this in embedding say the same thing
//   duplicates = "skip"       or "promote": one that stands in the title moves to its front
//   [title]
//   format = "html"           "html" escapes all text; "ansi"; "plain"
//   open = "<em>"             marks around each selling point; defaults follow the format
//   close = "</em>"
//   separator = " "           after each selling point
//   max_width = 0             columns, East Asian wide characters count two; 0: no limit
//   ellipsis = "…"
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"
#include "models/weights/weight_file.h"
#include "plugin/rewrite.h"
#include "scoring/choose.h"
#include "scoring/order.h"

namespace barker {

// What a weight file must be to be loaded, and where its bytes then live.
struct LoadPolicy {
  Storage storage = Storage::kAuto;
  bool shared_directory = false;
  std::vector<PublicKey> trusted_keys;
};

enum class Numbers { kByFile, kExact, kFast, kScreened };

struct Config {
  bool enabled = true;
  std::string isa;
  uint64_t window = 50;
  OrderExponents order{1, 1, 1};
  ChoosePolicy choose;
  TitlePolicy title;
  TitlePolicy untouched_title;  // the same format, no limit: of titles that are not rewritten
  Numbers numbers = Numbers::kByFile;
  LoadPolicy load;
  double latency_gate = 0;
  double canary_served = 0, canary_compared = 0;
  std::string canary_salt;
};

Result<Config> parse_config(std::string_view toml);

}  // namespace barker
