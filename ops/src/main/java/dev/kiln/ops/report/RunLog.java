package dev.kiln.ops.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.ops.metric.ConfusionMatrix;
import dev.kiln.runtime.AtomicFile;
import dev.kiln.runtime.KilnException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a run recorded: all that {@link HtmlReport} shows. Goes to JSON and back, so that a resumed
 * run shows its whole past. Not thread-safe.
 *
 * <p>Curves go by name. {@code GROUP/PART}, such as {@code loss/train} and {@code loss/validation},
 * come into one chart; the names of {@link Curves} have titles and units of their own.
 */
public final class RunLog {
  /** What a note tells. */
  public enum NoteKind {
    INFO,
    RESUMED,
    SKIPPED_STEP,
    LOSS_SPIKE,
    WARNING
  }

  /** Something that happened at a step. */
  public record Note(long step, NoteKind kind, String text) {}

  /** Counts [label][predicted] of classes with names. */
  public record Confusion(List<String> names, long[][] counts) {}

  /** Numbers [n] predicted and true, in a unit that may be empty. */
  public record Predictions(float[] predicted, float[] targets, String unit) {}

  /** Text that a model wrote after a prompt, which may be empty. */
  public record TextSample(long step, String prompt, String text) {}

  /** A picture with what it shows and what the model took it for; either may be empty. */
  public record PictureSample(Picture picture, String label, String predicted) {}

  /** Pictures that a model made. */
  public record PictureGrid(long step, String title, Picture picture) {}

  /** Time in one kernel; {@code flops} of all launches together, 0 where unknown. */
  public record KernelTime(String name, long launches, double seconds, double flops) {}

  private record State(
      String title,
      Map<String, String> hyperParameters,
      Map<String, String> environment,
      Map<String, Series.State> curves,
      Map<String, Series.State> layerGradients,
      List<Note> notes,
      Confusion confusion,
      Predictions predictions,
      List<TextSample> texts,
      List<PictureSample> pictures,
      List<PictureGrid> grids,
      List<KernelTime> kernels) {}

  private static final ObjectMapper JSON = new ObjectMapper();

  private final String title;
  private final Map<String, String> hyperParameters = new LinkedHashMap<>();
  private final Map<String, String> environment = new LinkedHashMap<>();
  private final Map<String, Series> curves = new LinkedHashMap<>();
  private final Map<String, Series> layerGradients = new LinkedHashMap<>();
  private final List<Note> notes = new ArrayList<>();
  private final List<TextSample> texts = new ArrayList<>();
  private final List<PictureSample> pictures = new ArrayList<>();
  private final List<PictureGrid> grids = new ArrayList<>();
  private List<KernelTime> kernels = List.of();
  private Confusion confusion;
  private Predictions predictions;

  public RunLog(String title) {
    this.title = title;
  }

  /** Adds a point to a curve; points of the same curve at this step and later are replaced. */
  public void record(String curve, long step, double value) {
    curves.computeIfAbsent(curve, _ -> new Series()).add(step, value);
  }

  /** Adds the norm of the gradient of one layer. */
  public void layerGradient(String layer, long step, double norm) {
    layerGradients.computeIfAbsent(layer, _ -> new Series()).add(step, norm);
  }

  public void note(long step, NoteKind kind, String text) {
    notes.add(new Note(step, kind, text));
  }

  public void hyperParameter(String name, Object value) {
    hyperParameters.put(name, String.valueOf(value));
  }

  /** What the run ran on: device, JDK, threads, version. */
  public void environment(String name, Object value) {
    environment.put(name, String.valueOf(value));
  }

  /** Replaces the confusion matrix. */
  public void confusion(ConfusionMatrix matrix) {
    confusion = new Confusion(matrix.names(), matrix.counts());
  }

  /** Replaces the predictions. Both are [n]. */
  public void predictions(float[] predicted, float[] targets, String unit) {
    if (predicted.length != targets.length) {
      throw new KilnException(
          "run log: %d predictions for %d targets; both are [n]"
              .formatted(predicted.length, targets.length));
    }
    predictions = new Predictions(predicted.clone(), targets.clone(), unit);
  }

  public void text(long step, String prompt, String text) {
    texts.add(new TextSample(step, prompt, text));
  }

  /** Replaces the pictures with predictions. */
  public void pictures(List<PictureSample> samples) {
    pictures.clear();
    pictures.addAll(samples);
  }

  public void grid(long step, String name, Picture picture) {
    grids.add(new PictureGrid(step, name, picture));
  }

  /** Replaces the times of kernels. */
  public void kernels(List<KernelTime> times) {
    kernels = List.copyOf(times);
  }

  /** Forgets what was recorded after a step, for a run that goes on from there. */
  public void keepUntil(long step) {
    for (Map<String, Series> all : List.of(curves, layerGradients)) {
      all.values().forEach(series -> series.keepUntil(step));
      all.values().removeIf(series -> series.size() == 0);
    }
    notes.removeIf(note -> note.step() > step);
    texts.removeIf(sample -> sample.step() > step);
    grids.removeIf(grid -> grid.step() > step);
  }

  public String title() {
    return title;
  }

  public Map<String, Series> curves() {
    return Collections.unmodifiableMap(curves);
  }

  /** A curve; an empty one where nothing was recorded. */
  public Series curve(String name) {
    return curves.getOrDefault(name, new Series());
  }

  public Map<String, Series> layerGradients() {
    return Collections.unmodifiableMap(layerGradients);
  }

  public List<Note> notes() {
    return Collections.unmodifiableList(notes);
  }

  public Map<String, String> hyperParameters() {
    return Collections.unmodifiableMap(hyperParameters);
  }

  public Map<String, String> environment() {
    return Collections.unmodifiableMap(environment);
  }

  /** Null where there is none. */
  public Confusion confusion() {
    return confusion;
  }

  /** Null where there are none. */
  public Predictions predictions() {
    return predictions;
  }

  public List<TextSample> texts() {
    return Collections.unmodifiableList(texts);
  }

  public List<PictureSample> pictures() {
    return Collections.unmodifiableList(pictures);
  }

  public List<PictureGrid> grids() {
    return Collections.unmodifiableList(grids);
  }

  public List<KernelTime> kernels() {
    return kernels;
  }

  /** All of it as one JSON document. */
  public String toJson() {
    State state =
        new State(
            title,
            hyperParameters,
            environment,
            states(curves),
            states(layerGradients),
            notes,
            confusion,
            predictions,
            texts,
            pictures,
            grids,
            kernels);
    try {
      return JSON.writeValueAsString(state);
    } catch (JsonProcessingException e) {
      throw new KilnException("run log: no JSON can be made of it: " + e.getOriginalMessage(), e);
    }
  }

  /**
   * Reads what {@link #toJson} gave.
   *
   * @throws KilnException if it is something else
   */
  public static RunLog fromJson(String json) {
    State state;
    try {
      state = JSON.readValue(json, State.class);
    } catch (JsonProcessingException e) {
      throw new KilnException("run log: not one in JSON: " + e.getOriginalMessage(), e);
    }
    if (state == null || state.title == null || state.curves == null) {
      throw new KilnException("run log: not one in JSON: title or curves are missing");
    }
    RunLog log = new RunLog(state.title);
    log.hyperParameters.putAll(state.hyperParameters);
    log.environment.putAll(state.environment);
    state.curves.forEach((name, series) -> log.curves.put(name, Series.of(series)));
    state.layerGradients.forEach((name, series) -> log.layerGradients.put(name, Series.of(series)));
    log.notes.addAll(state.notes);
    log.confusion = state.confusion;
    log.predictions = state.predictions;
    log.texts.addAll(state.texts);
    log.pictures.addAll(state.pictures);
    log.grids.addAll(state.grids);
    log.kernels = List.copyOf(state.kernels);
    return log;
  }

  private static Map<String, Series.State> states(Map<String, Series> all) {
    Map<String, Series.State> states = new LinkedHashMap<>();
    all.forEach((name, series) -> states.put(name, series.state()));
    return states;
  }

  /** Writes the JSON, as a whole or not at all. */
  public void save(Path file) {
    byte[] bytes = toJson().getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(file, out -> out.write(bytes));
  }

  /**
   * Reads a saved log.
   *
   * @throws KilnException if there is none, or it is something else
   */
  public static RunLog load(Path file) {
    try {
      return fromJson(Files.readString(file));
    } catch (IOException e) {
      throw new KilnException("cannot read " + file + ": " + e.getMessage(), e);
    } catch (KilnException e) {
      throw new KilnException(file + ": " + e.getMessage(), e);
    }
  }
}
