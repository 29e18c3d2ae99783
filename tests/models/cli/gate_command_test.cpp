// barker-train gate on a day that no training saw.
#include <gmock/gmock.h>

#include <algorithm>
#include <vector>

#include "models/data/events.h"
#include "tests/models/cli/train_command.h"

namespace barker {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The log of the world in two: what was before a day, and the day, which no training sees.
class FreshDay : public TrainCommand {
 protected:
  static void SetUpTestSuite() {
    TrainCommand::SetUpTestSuite();
    std::vector<SearchEvent> events;
    std::vector<int64_t> times;
    std::ifstream in(log());
    for (std::string line; std::getline(in, line);) {
      events.push_back(*parse_event(line));
      times.push_back(events.back().time);
    }
    std::nth_element(times.begin(), times.begin() + times.size() * 4 / 5, times.end());
    const int64_t day = times[times.size() * 4 / 5];
    std::string past, fresh, shuffled, unknown;
    for (SearchEvent& event : events) {
      append_event(event, event.time < day ? past : fresh);
      if (event.time < day) {
        // Labels that say nothing: those of the place, not of the SF.
        for (size_t i = 0; i < event.sfs.size(); ++i)
          event.sfs[i].clicked = (event.time + i) % 3 == 0;
        append_event(event, shuffled);
        continue;
      }
      for (SfImpression& sf : event.sfs) sf.text = "unheard of " + sf.text;
      append_event(event, unknown);
    }
    std::ofstream(file("past.jsonl")) << past;
    std::ofstream(file("fresh.jsonl")) << fresh;
    std::ofstream(file("shuffled.jsonl")) << shuffled;
    std::ofstream(file("unknown.jsonl")) << unknown;
    ASSERT_EQ(run(on("past.jsonl", "past.barker")).code, 0);
  }

  static std::string on(const std::string& data, const std::string& out) {
    std::string command = quick("MTDL", out);
    command.replace(command.find(TrainCommand::data()), TrainCommand::data().size(), file(data));
    return command;
  }
  static Outcome gate(const std::string& candidate, const std::string& more) {
    return run("gate " + file(candidate) + " --against " + file("past.barker") + " " + more);
  }
};

TEST_F(FreshDay, IsJudgedByTheWordsOfTheWeightFiles) {
  const std::string day = "--log " + file("fresh.jsonl") + " --history " + file("past.jsonl");
  const Outcome equal = gate("past.barker", day);
  EXPECT_EQ(equal.code, 0) << equal.out;
  EXPECT_THAT(equal.out, HasSubstr("ok      AUC                all"));
  EXPECT_THAT(equal.out, HasSubstr("ok      AUC                ads"));

  ASSERT_EQ(run(on("shuffled.jsonl", "shuffled.barker")).code, 0);
  const Outcome refused = gate("shuffled.barker", day);
  EXPECT_EQ(refused.code, 1) << refused.out;
  EXPECT_THAT(refused.out, HasSubstr("REFUSED AUC                all"));

  const Outcome unknown = gate("past.barker", "--log " + file("unknown.jsonl"));
  EXPECT_EQ(unknown.code, 2) << unknown.out;
  EXPECT_THAT(unknown.out, HasSubstr("cannot judge: neither model knows the keywords"));
}

TEST_F(FreshDay, ThatTheWeightsWereTrainedOnIsSaid) {
  EXPECT_THAT(gate("past.barker", "--log " + file("past.jsonl")).out,
              HasSubstr("past.barker was trained on "));
  const std::string day = "--log " + file("fresh.jsonl") + " --history " + file("past.jsonl");
  EXPECT_THAT(gate("past.barker", day).out, Not(HasSubstr("was trained on")));
  // The same days, counted in milliseconds.
  std::string in_milliseconds;
  std::ifstream in(file("past.jsonl"));
  for (std::string line; std::getline(in, line);) {
    SearchEvent event = *parse_event(line);
    event.time *= 1000;
    append_event(event, in_milliseconds);
  }
  std::ofstream(file("past-ms.jsonl")) << in_milliseconds;
  EXPECT_THAT(gate("past.barker", "--log " + file("past-ms.jsonl")).out,
              HasSubstr("past.barker was trained on "));
}

TEST_F(FreshDay, IsNotAfterItsHistory) {
  const Outcome late =
      gate("past.barker", "--log " + file("past.jsonl") + " --history " + file("fresh.jsonl"));
  EXPECT_THAT(late.out, HasSubstr("--history is for what came before"));
}

TEST_F(FreshDay, NeedsALogOrADataset) {
  EXPECT_EQ(gate("past.barker", "").code, 64);
  EXPECT_EQ(gate("past.barker", "--data " + data() + " --log " + log()).code, 64);
  EXPECT_EQ(gate("past.barker", "--data " + data() + " --history " + log()).code, 64);
  const Outcome missing = gate("past.barker", "--log " + file("nowhere.jsonl"));
  EXPECT_EQ(missing.code, 66) << missing.out;
  EXPECT_THAT(missing.out, HasSubstr("nowhere.jsonl"));
}

}  // namespace
}  // namespace barker
