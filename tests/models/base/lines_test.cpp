#include "models/base/lines.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>

#include "models/base/compression.h"
#include "models/base/random.h"
#include "models/base/text_lines.h"
#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

std::vector<std::string> read_all(LineReader& reader) {
  std::vector<std::string> lines;
  std::string_view line;
  while (reader.next(line)) lines.emplace_back(line);
  return lines;
}

std::string file_of_lines(const std::string& content) {
  const std::string path = temporary_path("lines");
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

TEST(LineReader, TakesEveryKindOfLineEnd) {
  auto reader =
      LineReader::open(file_of_lines("\xEF\xBB\xBF"
                                     "a\r\nb\n\nc\rd\r\r\nlast"));
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(read_all(*reader), (std::vector<std::string>{"a", "b", "", "c", "d", "", "last"}));
  EXPECT_TRUE(reader->ended_without_newline());
  EXPECT_EQ(reader->number(), 7u);
}

// The buffer has 2^18 bytes, so that each of these line ends falls on its end once.
TEST(LineReader, TakesALineEndThatTwoReadsShareForOne) {
  for (const std::string end : {"\r\n", "\r", "\n"}) {
    for (size_t size = (1u << 18) - 3; size <= (1u << 18) + 1; ++size) {
      auto reader = LineReader::open(file_of_lines(std::string(size, 'x') + end + "b" + end));
      ASSERT_TRUE(reader.ok());
      EXPECT_EQ(read_all(*reader), (std::vector<std::string>{std::string(size, 'x'), "b"}));
      EXPECT_FALSE(reader->ended_without_newline());
    }
  }
}

TEST(TakeLine, GivesTheLinesThatLineReaderGives) {
  Random random(7, 1);
  for (int i = 0; i < 300; ++i) {
    std::string text;
    for (uint64_t size = random.below(12); text.size() < size;) text += "ab\r\n"[random.below(4)];
    auto reader = LineReader::open(file_of_lines(text));
    ASSERT_TRUE(reader.ok());
    std::vector<std::string> lines;
    for (std::string_view rest = text; !rest.empty();) lines.emplace_back(take_line(rest));
    EXPECT_EQ(lines, read_all(*reader)) << testing::PrintToString(text);
  }
}

TEST(LineReader, ReadsGzipAndLinesLongerThanItsBuffer) {
  const std::string path = temporary_path("lines.gz"), longest(700'000, 'x');
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, (longest + "\nend\n").data(), static_cast<unsigned>(longest.size() + 5));
  gzclose(file);
  auto reader = LineReader::open(path);
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(read_all(*reader), (std::vector<std::string>{longest, "end"}));
  EXPECT_TRUE(reader->status().ok());
}

TEST(LineReader, ReadsWhatWasCompressedInEachWay) {
  std::string lines;
  for (int i = 0; i < 100'000; ++i) lines += "line " + std::to_string(i * 7919 % 10'007) + "\n";
  for (const std::string& text : {std::string(), std::string("x"), lines}) {
    const std::string plain = file_of_lines(text);
    for (const Compression kind : {Compression::kNone, Compression::kGzip, Compression::kZstd}) {
      const std::string to = temporary_path("lines") + std::string(extension_of(kind));
      const Status status = compress_file(plain, to, kind);
      ASSERT_TRUE(status.ok()) << status.message();
      auto expected = LineReader::open(plain), found = LineReader::open(to);
      ASSERT_TRUE(expected.ok() && found.ok());
      EXPECT_TRUE(read_all(*found) == read_all(*expected)) << to;
      EXPECT_TRUE(found->status().ok()) << found->status().message();
    }
  }
}

TEST(LineReader, ReadsZstdFramesThatFollowEachOther) {
  const std::string plain = file_of_lines("a\nb"), packed = temporary_path("frames.zst");
  ASSERT_TRUE(compress_file(plain, packed, Compression::kZstd).ok());
  const std::string frame = bytes_of(packed);
  auto reader = LineReader::open(file_of_lines(frame + frame));
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(read_all(*reader), (std::vector<std::string>{"a", "ba", "b"}));
  EXPECT_TRUE(reader->status().ok());
}

TEST(LineReader, SaysThatAZstdFileIsCutOrDamaged) {
  std::string lines;
  for (int i = 0; i < 2000; ++i) lines += std::to_string(i * 7919 % 10'007) + "\n";
  const std::string packed = temporary_path("whole.zst");
  ASSERT_TRUE(compress_file(file_of_lines(lines), packed, Compression::kZstd).ok());
  const std::string whole = bytes_of(packed);
  for (size_t size = 4; size < whole.size(); size += 97) {
    auto reader = LineReader::open(file_of_lines(whole.substr(0, size)));
    ASSERT_TRUE(reader.ok());
    read_all(*reader);
    EXPECT_EQ(reader->status().code(), Code::kBadData) << size << " of " << whole.size();
  }
  std::string damaged = whole;
  damaged[whole.size() / 2] = static_cast<char>(damaged[whole.size() / 2] ^ 4);
  auto reader = LineReader::open(file_of_lines(damaged));
  ASSERT_TRUE(reader.ok());
  read_all(*reader);
  EXPECT_EQ(reader->status().code(), Code::kBadData);
}

TEST(LineReader, SaysThatACompressedFileEndsEarly) {
  const std::string whole = temporary_path("whole.gz");
  gzFile file = gzopen(whole.c_str(), "wb");
  for (int i = 0; i < 20'000; ++i) gzprintf(file, "line %d of many\n", i * 7919);
  gzclose(file);
  std::ifstream in(whole, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  auto reader = LineReader::open(file_of_lines(bytes.substr(0, bytes.size() / 2)));
  ASSERT_TRUE(reader.ok());
  EXPECT_LT(read_all(*reader).size(), 20'000u);
  EXPECT_EQ(reader->status().code(), Code::kBadData);
}

TEST(LineReader, ReadsGzipMembersThatFollowEachOtherAndZerosBehindThem) {
  const std::string packed = temporary_path("members.gz");
  ASSERT_TRUE(compress_file(file_of_lines("a\nb"), packed, Compression::kGzip).ok());
  const std::string member = bytes_of(packed);
  for (const std::string& padding : {std::string(), std::string(1 << 19, '\0')}) {
    auto reader = LineReader::open(file_of_lines(member + member + padding));
    ASSERT_TRUE(reader.ok());
    EXPECT_EQ(read_all(*reader), (std::vector<std::string>{"a", "ba", "b"}));
    EXPECT_TRUE(reader->status().ok()) << reader->status().message();
  }
}

TEST(LineReader, LosesNothingThatFollowsGzipDataInSilence) {
  const std::string packed = temporary_path("first.gz");
  ASSERT_TRUE(compress_file(file_of_lines("a\n"), packed, Compression::kGzip).ok());
  const std::string member = bytes_of(packed);
  for (const std::string& rest : {std::string("b\n"), std::string("\0\0b", 3), std::string("b")}) {
    auto reader = LineReader::open(file_of_lines(member + rest));
    ASSERT_TRUE(reader.ok());
    read_all(*reader);
    EXPECT_EQ(reader->status().code(), Code::kBadData) << rest;
    EXPECT_NE(reader->status().message().find("the gzip data end"), std::string::npos)
        << reader->status().message();
  }
}

TEST(LineReader, NamesAMissingFile) {
  const auto reader = LineReader::open("/nowhere/at/all");
  ASSERT_FALSE(reader.ok());
  EXPECT_EQ(reader.status().code(), Code::kNotFound);
  EXPECT_NE(reader.status().message().find("/nowhere/at/all"), std::string::npos);
}

TEST(BadLines, CountsAllAndShowsTheFirst) {
  BadLines bad(1);
  bad.add(3, "no id");
  bad.add(9, "no title");
  EXPECT_EQ(bad.count(), 2u);
  EXPECT_EQ(bad.report("f.jsonl"), "f.jsonl:3: no id\n... and 1 more\n");
}

}  // namespace
}  // namespace barker
