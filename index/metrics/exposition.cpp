#include "index/metrics/exposition.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "models/base/ascii.h"
#include "models/base/number_text.h"

namespace barker {
namespace {

[[noreturn]] void refuse(const std::string& name, const char* why) {
  std::fprintf(stderr, "barker: metric %s: %s\n", name.c_str(), why);
  std::abort();
}

bool is_name(std::string_view text, bool colons) {
  const auto is_letter = [&](char c) {
    return is_ascii_letter(c) || c == '_' || (colons && c == ':');
  };
  return !text.empty() && is_letter(text[0]) &&
         std::ranges::all_of(text, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

// Label values escape quotes, too; help texts do not.
std::string escaped(std::string_view text, bool quotes) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
  return out;
}

std::string value_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return number_text(value);
}

// `name{a="b"} value`. `bound`, where it is not empty, becomes the label le.
void write_sample(std::string_view name, const MetricLabels& labels, std::string_view bound,
                  const std::string& value, std::string& out) {
  out += name;
  std::string inside;
  for (const auto& [label, text] : labels) {
    inside += (inside.empty() ? "" : ",") + label + "=\"" + escaped(text, true) + "\"";
  }
  if (!bound.empty()) {
    inside += (inside.empty() ? "" : ",") + std::string("le=\"") + std::string(bound) + "\"";
  }
  if (!inside.empty()) out += "{" + inside + "}";
  out += " " + value + "\n";
}

void write_histogram(const std::string& name, const MetricLabels& labels,
                     const Histogram::Snapshot& histogram, std::string& out) {
  uint64_t below = 0;
  for (size_t i = 0; i < Histogram::kBuckets; ++i) {
    below += histogram.counts[i];
    const std::string bound =
        i < kLatencyBounds.size() ? number_text(kLatencyBounds[i]) : std::string("+Inf");
    write_sample(name + "_bucket", labels, bound, std::to_string(below), out);
  }
  write_sample(name + "_sum", labels, "", value_text(histogram.sum_seconds), out);
  write_sample(name + "_count", labels, "", std::to_string(below), out);
}

auto write_callback(std::function<double()> value) {
  return [value = std::move(value)](const std::string& name, const MetricLabels& labels,
                                    std::string& out) {
    const double now = value();
    if (!std::isnan(now)) write_sample(name, labels, "", value_text(now), out);
  };
}

}  // namespace

void Registry::add_series(std::string name, std::string help, const char* type, Series series) {
  if (!is_name(name, true)) refuse(name, "is not a name of a metric");
  if (std::string_view(type) == "counter" && !name.ends_with("_total")) {
    refuse(name, "is a counter and does not end in _total");
  }
  for (const auto& [label, unused] : series.labels) {
    if (!is_name(label, false) || label == "le") refuse(name, "has a label that is not allowed");
  }
  auto family = std::ranges::find(families_, name, &Family::name);
  if (family == families_.end()) {
    families_.push_back({std::move(name), std::move(help), type, {}});
    family = families_.end() - 1;
  }
  if (std::string_view(family->type) != type) refuse(family->name, "has two types");
  for (const Series& other : family->series) {
    if (other.labels == series.labels) refuse(family->name, "has two series of the same labels");
  }
  family->series.push_back(std::move(series));
}

void Registry::add(std::string name, std::string help, MetricLabels labels,
                   const Counter& counter) {
  add_series(std::move(name), std::move(help), "counter",
             {std::move(labels),
              [&counter](const std::string& full, const MetricLabels& own, std::string& out) {
                write_sample(full, own, "", std::to_string(counter.value()), out);
              }});
}

void Registry::add(std::string name, std::string help, MetricLabels labels, const Gauge& gauge) {
  add_series(std::move(name), std::move(help), "gauge",
             {std::move(labels),
              [&gauge](const std::string& full, const MetricLabels& own, std::string& out) {
                write_sample(full, own, "", std::to_string(gauge.value()), out);
              }});
}

void Registry::add(std::string name, std::string help, MetricLabels labels,
                   const Histogram& histogram) {
  add_series(std::move(name), std::move(help), "histogram",
             {std::move(labels),
              [&histogram](const std::string& full, const MetricLabels& own, std::string& out) {
                write_histogram(full, own, histogram.read(), out);
              }});
}

void Registry::add_counter(std::string name, std::string help, MetricLabels labels,
                           std::function<double()> value) {
  add_series(std::move(name), std::move(help), "counter",
             {std::move(labels), write_callback(std::move(value))});
}

void Registry::add_gauge(std::string name, std::string help, MetricLabels labels,
                         std::function<double()> value) {
  add_series(std::move(name), std::move(help), "gauge",
             {std::move(labels), write_callback(std::move(value))});
}

void Registry::add_samples(std::string name, std::string help, const char* type,
                           std::function<std::vector<MetricSample>()> samples) {
  add_series(std::move(name), std::move(help), type,
             {{},
              [samples = std::move(samples)](const std::string& full, const MetricLabels&,
                                             std::string& out) {
                for (const MetricSample& sample : samples()) {
                  write_sample(full, sample.labels, "", value_text(sample.value), out);
                }
              }});
}

void Registry::add_gauges(std::string name, std::string help,
                          std::function<std::vector<MetricSample>()> samples) {
  add_samples(std::move(name), std::move(help), "gauge", std::move(samples));
}

void Registry::add_counters(std::string name, std::string help,
                            std::function<std::vector<MetricSample>()> samples) {
  add_samples(std::move(name), std::move(help), "counter", std::move(samples));
}

std::string Registry::text() const {
  std::string out;
  for (const Family& family : families_) {
    out += "# HELP " + family.name + " " + escaped(family.help, false) + "\n";
    out += "# TYPE " + family.name + " " + family.type + "\n";
    for (const Series& series : family.series) series.write(family.name, series.labels, out);
  }
  return out;
}

}  // namespace barker
