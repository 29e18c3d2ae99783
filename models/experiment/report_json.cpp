// The report as JSON. A number that is not known is NaN, which nlohmann's library writes as null.
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "models/experiment/report.h"

namespace barker {
namespace {

using Json = nlohmann::ordered_json;

// A count is a whole number, also for programs that tell 1 and 1.0 apart.
Json count(double number) {
  constexpr double kExact = 9007199254740992;  // 2^53
  if (!(std::fabs(number) <= kExact) || number != std::floor(number)) return number;
  return static_cast<int64_t>(number);
}

Json difference(const Effect& e) {
  return {{"difference", e.value}, {"low", e.low}, {"high", e.high}, {"p", e.p}};
}

Json lift(const Effect& e) {
  return {{"lift", e.value}, {"low", e.low}, {"high", e.high}, {"p", e.p}};
}

Json arm_json(const ArmReport& arm, MetricKind kind) {
  Json json = {{"arm", arm.name},     {"units", count(arm.units)}, {"mean", arm.mean.value},
               {"low", arm.mean.low}, {"high", arm.mean.high},     {"share", arm.share}};
  if (kind == MetricKind::kRate) {
    json["impressions"] = count(arm.impressions);
    json["clicks"] = count(arm.clicks);
  }
  return json;
}

Json adjusted(const Adjusted& a, const char* share) {
  return {{"absolute", difference(a.absolute)}, {"relative", lift(a.relative)}, {share, a.share}};
}

Json comparison_json(const Comparison& c) {
  Json json = {{"arm", c.arm},
               {"against", c.against},
               {"absolute", difference(c.absolute)},
               {"relative", lift(c.relative)},
               {"fieller", {{"low", c.fieller.low}, {"high", c.fieller.high}}}};
  json["cuped"] = c.cuped ? adjusted(*c.cuped, "variance_removed") : Json(nullptr);
  if (c.strata) json["post_stratified"] = adjusted(*c.strata, "units_used");
  json["always_valid"] = {{"low", c.always_valid.low},
                          {"high", c.always_valid.high},
                          {"p", c.always_valid.p},
                          {"holm_p", c.always_valid_holm_p}};
  json["mixture_sprt"] = {{"p", c.sprt_p}};
  json["holm"] = {{"p", c.holm_p}};
  json["benjamini_hochberg"] = {{"p", c.bh_p}};
  if (c.plain_z) {
    json["impressions_as_units"] = difference(*c.plain_z);
    json["design_effect"] = c.design_effect;
  }
  if (c.not_worse) {
    json["non_inferiority"] = {
        {"p", c.not_worse->p}, {"bound", c.not_worse->bound}, {"holds", c.not_worse->holds}};
  }
  return json;
}

Json segments_json(const std::vector<SegmentReport>& segments) {
  Json list = Json::array();
  for (const SegmentReport& s : segments) {
    list.push_back({{"name", s.name},
                    {"arm", s.arm},
                    {"units", count(s.units)},
                    {"relative", lift(s.relative)},
                    {"holm", {{"p", s.holm_p}}},
                    {"benjamini_hochberg", {{"p", s.bh_p}}}});
  }
  return list;
}

Json periods_json(const std::vector<SegmentReport>& periods) {
  Json list = segments_json(periods);
  for (size_t i = 0; i < periods.size(); ++i) {
    list[i]["first_time"] = periods[i].first ? Json(*periods[i].first) : Json(nullptr);
    list[i]["changed"] = periods[i].changed;
  }
  return list;
}

Json looks_json(const std::vector<Look>& looks) {
  Json list = Json::array();
  for (const Look& look : looks) {
    list.push_back(
        {{"days", look.days},
         {"arm", look.arm},
         {"units", count(look.units)},
         {"absolute", difference(look.absolute)},
         {"relative", lift(look.relative)},
         {"always_valid", {{"low", look.always_valid.low}, {"high", look.always_valid.high}}},
         {"srm", {{"p", look.srm_p}, {"sequential_p", look.sequential_srm_p}}}});
  }
  return list;
}

Json guardrails_json(const std::vector<Guardrail>& guardrails) {
  Json list = Json::array();
  for (const Guardrail& g : guardrails) {
    list.push_back({{"name", g.name},
                    {"arm", g.arm},
                    {"control", g.control},
                    {"treatment", g.treatment},
                    {"relative", lift(g.relative)},
                    {"margin", g.margin},
                    {"margin_of", g.absolute ? "difference" : "lift"},
                    {"p", g.test.p},
                    {"holds", g.test.holds}});
    if (g.absolute) list.back()["absolute"] = difference(*g.absolute);
  }
  return list;
}

Json json_of(const ExperimentReport& report) {
  Json json = {{"experiment", report.name}, {"metric", report.metric}, {"unit", report.unit}};
  json["level"] = report.level;
  json["srm"] = {{"p", report.srm.p},
                 {"sequential_p", report.srm.sequential_p},
                 {"blocks", report.srm.blocks}};
  json["arms"] = Json::array();
  for (const ArmReport& arm : report.arms) json["arms"].push_back(arm_json(arm, report.kind));
  json["comparisons"] = Json::array();
  for (const Comparison& c : report.comparisons) json["comparisons"].push_back(comparison_json(c));
  json["verdict"] = verdict_word(report.verdict);
  json["verdict_arm"] = report.verdict_arm.empty() ? Json(nullptr) : Json(report.verdict_arm);
  json["verdict_text"] = report.verdict_text;
  json["warnings"] = report.warnings;
  json["notes"] = report.notes;
  if (!report.guardrails.empty()) json["guardrails"] = guardrails_json(report.guardrails);
  if (!report.segments.empty()) json["segments"] = segments_json(report.segments);
  if (!report.periods.empty()) json["periods"] = periods_json(report.periods);
  if (!report.looks.empty()) json["looks"] = looks_json(report.looks);
  return json;
}

// Names are those of other people's files and may hold bytes that are no UTF-8.
std::string written(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string to_json(const ExperimentReport& report) { return written(json_of(report)); }

std::string to_json(const std::vector<ExperimentReport>& reports,
                    const std::vector<std::string>& notes) {
  if (reports.size() == 1) {
    Json json = json_of(reports[0]);
    for (const std::string& note : notes) json["notes"].push_back(note);
    return written(json);
  }
  Json json = {{"experiments", Json::array()}, {"notes", notes}};
  for (const ExperimentReport& report : reports) json["experiments"].push_back(json_of(report));
  return written(json);
}

}  // namespace barker
