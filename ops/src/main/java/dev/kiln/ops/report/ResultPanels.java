package dev.kiln.ops.report;

import dev.kiln.ops.metric.ConfusionMatrix;
import dev.kiln.ops.metric.Regression;
import dev.kiln.ops.page.Figures;
import dev.kiln.ops.page.Markup;
import dev.kiln.ops.report.RunLog.PictureSample;
import dev.kiln.ops.report.RunLog.Predictions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;

/** What the model makes of its inputs: classes, numbers, samples. */
final class ResultPanels {
  private static final int CLASSES_IN_MAP = 100;
  private static final int CLASSES_IN_TABLE = 40;
  private static final int MISTAKES = 8;
  private static final int PICTURES = 60;
  private static final int TEXTS = 8;
  private static final int GRIDS = 6;

  private ResultPanels() {}

  static String confusion(RunLog.Confusion confusion) {
    List<String> names = confusion.names();
    long[][] counts = confusion.counts();
    Markup html = new Markup();
    if (names.size() <= CLASSES_IN_MAP) {
      html.raw("<figure class=\"card\"><figcaption><h3>Confusion matrix</h3></figcaption>");
      html.raw(ConfusionMap.of(confusion)).raw("</figure>");
    }
    html.raw("<div class=\"card\"><h3>Classes</h3>").raw(classes(names, counts));
    html.raw(mistakes(names, counts)).raw("</div>");
    return html.toString();
  }

  private static String classes(List<String> names, long[][] counts) {
    ConfusionMatrix matrix = matrix(names, counts);
    Markup html = new Markup().raw("<div class=\"scroll\"><table class=\"figures\"><thead><tr>");
    for (String column : new String[] {"class", "rows", "precision", "recall", "F1"}) {
      html.leaf("th", column);
    }
    html.raw("</tr></thead><tbody>");
    for (int c = 0; c < Math.min(names.size(), CLASSES_IN_TABLE); c++) {
      long rows = Arrays.stream(counts[c]).sum();
      html.raw("<tr>").leaf("th", names.get(c)).leaf("td", Figures.brief(rows));
      html.leaf("td", Figures.percent(matrix.precision(c)));
      html.leaf("td", Figures.percent(matrix.recall(c)));
      html.leaf("td", Figures.percent(matrix.f1(c))).raw("</tr>");
    }
    ConfusionMatrix.Average macro = ConfusionMatrix.Average.MACRO;
    html.raw("</tbody><tfoot><tr><th>macro average</th>");
    html.leaf("td", Figures.brief(matrix.rows()));
    html.leaf("td", Figures.percent(matrix.precision(macro)));
    html.leaf("td", Figures.percent(matrix.recall(macro)));
    html.leaf("td", Figures.percent(matrix.f1(macro))).raw("</tr></tfoot></table></div>");
    return html.toString();
  }

  private static ConfusionMatrix matrix(List<String> names, long[][] counts) {
    ConfusionMatrix matrix = new ConfusionMatrix(names);
    for (int i = 0; i < counts.length; i++) {
      for (int j = 0; j < counts.length; j++) {
        matrix.add(i, j, counts[i][j]);
      }
    }
    return matrix;
  }

  private static String mistakes(List<String> names, long[][] counts) {
    record Mistake(int label, int predicted, long count) {}
    List<Mistake> all = new ArrayList<>();
    for (int i = 0; i < counts.length; i++) {
      for (int j = 0; j < counts.length; j++) {
        if (i != j && counts[i][j] > 0) {
          all.add(new Mistake(i, j, counts[i][j]));
        }
      }
    }
    if (all.isEmpty()) {
      return "";
    }
    all.sort(Comparator.comparingLong(Mistake::count).reversed());
    Markup html = new Markup().raw("<h4>Taken for another most often</h4><ul class=\"chips\">");
    for (Mistake m : all.subList(0, Math.min(MISTAKES, all.size()))) {
      html.raw("<li>").text(names.get(m.label) + " → " + names.get(m.predicted) + " ");
      html.leaf("b", Figures.brief(m.count)).raw("</li>");
    }
    return html.raw("</ul>").toString();
  }

  static String regression(Predictions predictions) {
    float[] predicted = predictions.predicted();
    float[] targets = predictions.targets();
    float[] residuals = new float[predicted.length];
    for (int i = 0; i < residuals.length; i++) {
      residuals[i] = predicted[i] - targets[i];
    }
    Regression errors = new Regression();
    errors.update(predicted, targets);
    String unit = predictions.unit().isEmpty() ? "" : " in " + predictions.unit();
    Markup html = new Markup();
    figure(html, "Predicted against true", "R² " + Figures.of(errors.r2()));
    html.raw(DotChart.dots("predicted against true", targets, predicted, "true" + unit, true));
    html.raw("</figure>");
    figure(html, "Residuals, predicted − true", "RMSE " + Figures.of(errors.rmse()));
    html.raw(DotChart.histogram("residuals", residuals, "residual" + unit)).raw("</figure>");
    figure(html, "Residuals against predictions", "MAE " + Figures.of(errors.mae()));
    html.raw(
        DotChart.dots(
            "residuals against predictions", predicted, residuals, "predicted" + unit, false));
    return html.raw("</figure>").toString();
  }

  private static void figure(Markup html, String title, String figure) {
    html.raw("<figure class=\"card\"><figcaption>").leaf("h3", title);
    html.raw("<ul class=\"legend\"><li>").leaf("b", figure);
    html.raw("</li></ul></figcaption>");
  }

  static String pictures(List<PictureSample> samples) {
    Markup html = new Markup().raw("<div class=\"pictures\">");
    for (PictureSample sample : samples.subList(0, Math.min(PICTURES, samples.size()))) {
      boolean judged = !sample.label().isEmpty() && !sample.predicted().isEmpty();
      boolean wrong = judged && !sample.label().equals(sample.predicted());
      html.tag("figure", "class", wrong ? "wrong" : judged ? "right" : "");
      image(html, sample.picture(), sample.label());
      html.raw("<figcaption>").leaf("b", judged ? sample.predicted() : sample.label());
      if (wrong) {
        html.leaf("span", " is " + sample.label());
      }
      html.raw("</figcaption></figure>");
    }
    return html.raw("</div>").toString();
  }

  static String grids(List<RunLog.PictureGrid> grids) {
    Markup html = new Markup();
    for (RunLog.PictureGrid grid : spread(grids, GRIDS)) {
      html.raw("<figure class=\"card pixels\"><figcaption>").leaf("h3", grid.title());
      html.leaf("span", "step " + Figures.of(grid.step())).raw("</figcaption>");
      image(html, grid.picture(), grid.title());
      html.raw("</figure>");
    }
    return html.toString();
  }

  static String texts(List<RunLog.TextSample> texts) {
    Markup html = new Markup();
    for (RunLog.TextSample sample : spread(texts, TEXTS).reversed()) {
      html.raw("<div class=\"card text\">");
      html.leaf("span", "step " + Figures.of(sample.step())).raw("<pre>");
      html.leaf("b", sample.prompt()).text(sample.text()).raw("</pre></div>");
    }
    return html.toString();
  }

  /** The first, the last, and some between. */
  private static <T> List<T> spread(List<T> all, int wanted) {
    if (all.size() <= wanted) {
      return all;
    }
    List<T> some = new ArrayList<>();
    for (int i = 0; i < wanted; i++) {
      some.add(all.get((int) ((long) i * (all.size() - 1) / (wanted - 1))));
    }
    return some;
  }

  private static void image(Markup html, Picture picture, String told) {
    String bytes = Base64.getEncoder().encodeToString(picture.png());
    html.tag(
        "img",
        "src",
        "data:image/png;base64," + bytes,
        "alt",
        told,
        "width",
        picture.width(),
        "height",
        picture.height());
  }
}
