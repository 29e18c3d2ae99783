package com.barker;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One page of 50 ads, English and Chinese, asked by the bridge and by a host in C++. */
final class TestPage {
  static final int ADS = 50;
  static final String QUERY = "running shoes 跑步鞋";
  static final List<String> KEYWORDS = List.of("hiking boots", "防水", "waterproof");
  static final Path BRIDGE = Path.of(System.getProperty("barker.bridge"));
  static final Path LIBRARY = Path.of(System.getProperty("barker.library"));
  static final Path WEIGHTS = Path.of(System.getProperty("barker.weights"));

  private static final List<String> POINTS =
      List.of("waterproof", "free shipping", "补水保湿", "lightweight", "memory foam", "包邮");

  private TestPage() {}

  static String title(int ad) {
    return ad % 3 == 2 ? "户外跑步鞋 男士 第" + ad + "款" : "Trail running shoes " + ad + " <unisex> 👟";
  }

  static List<String> points(int ad) {
    final List<String> points = new ArrayList<>();
    for (int i = 0; i <= ad % 4; ++i) points.add(POINTS.get((ad + i) % POINTS.size()));
    return points;
  }

  static double bid(int ad) {
    return 0.2 + 0.1 * (ad % 7);
  }

  /** Floats exactly, as Lucene's scores are. */
  static double firstPass(int ad) {
    return 30 - 0.5 * ad;
  }

  static void fill(BarkerSession session) {
    session.start(QUERY, "anna");
    for (String keyword : KEYWORDS) session.addUserKeyword(keyword);
    session.addGroup("profile");
    session.addToken("gender=f");
    for (int ad = 0; ad < ADS; ++ad) {
      session.addAd("ad" + ad, title(ad), "", "", bid(ad), firstPass(ad), 0);
      for (String point : points(ad)) session.addSellingPoint(point);
    }
  }

  record Answer(int ad, double score, double pctr, String title) {}

  static List<Answer> answers(BarkerSession session) {
    final List<Answer> answers = new ArrayList<>();
    for (int rank = 0; rank < session.size(); ++rank) {
      answers.add(
          new Answer(
              session.ad(rank), session.score(rank), session.pctr(rank), session.title(rank)));
    }
    return answers;
  }

  /** What the host in C++ is told by the same library. */
  static List<Answer> direct() throws IOException, InterruptedException {
    final Process host =
        new ProcessBuilder(
                System.getProperty("barker.direct"), LIBRARY.toString(), WEIGHTS.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (OutputStream in = host.getOutputStream()) {
      in.write(json().getBytes(StandardCharsets.UTF_8));
    }
    final String told;
    try (InputStream out = host.getInputStream()) {
      told = new String(out.readAllBytes(), StandardCharsets.UTF_8);
    }
    if (host.waitFor() != 0) throw new IOException("the direct host failed");
    final Matcher ad =
        Pattern.compile(
                "\\{\"ad\":(\\d+),\"pctr\":([^,]+),\"score\":([^,]+),\"title\":\"([^\"\\\\]*)\"\\}")
            .matcher(told);
    final List<Answer> answers = new ArrayList<>();
    while (ad.find()) {
      final double pctr =
          ad.group(2).equals("null") ? Double.NaN : Double.parseDouble(ad.group(2));
      answers.add(
          new Answer(
              Integer.parseInt(ad.group(1)), Double.parseDouble(ad.group(3)), pctr, ad.group(4)));
    }
    return answers;
  }

  private static String json() {
    final StringBuilder ads = new StringBuilder();
    for (int ad = 0; ad < ADS; ++ad) {
      ads.append(ad == 0 ? "" : ",");
      ads.append("{\"id\":\"ad" + ad + "\",\"title\":\"" + title(ad) + "\",\"bid\":" + bid(ad));
      ads.append(",\"first_pass_score\":" + firstPass(ad));
      ads.append(",\"selling_points\":" + list(points(ad)) + "}");
    }
    return "{\"query\":\"" + QUERY + "\",\"user\":\"anna\",\"user_keywords\":" + list(KEYWORDS)
        + ",\"groups\":{\"profile\":[\"gender=f\"]},\"ads\":[" + ads + "]}";
  }

  private static String list(List<String> texts) {
    return "[\"" + String.join("\",\"", texts) + "\"]";
  }
}
