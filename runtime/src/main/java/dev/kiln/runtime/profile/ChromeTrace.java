package dev.kiln.runtime.profile;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.kiln.runtime.AtomicFile;
import dev.kiln.runtime.DeviceActivity;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.profile.Recording.Activity;
import dev.kiln.runtime.profile.Recording.HostSpan;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A recording in Chrome's trace event format: one process for the program with a track for each
 * thread, one for the device with a track for each queue and one for its memory. Times are in
 * microseconds since the recording began. An arrow leads from the span that made a launch to the
 * launch.
 *
 * <p>Source: Sinclair, Duca and others, "Trace Event Format".
 */
public final class ChromeTrace {
  private static final int HOST = 1;
  private static final int DEVICE = 2;
  private static final String LAUNCHES = "launch";

  private final JsonGenerator json;
  private final Recording recording;

  private ChromeTrace(JsonGenerator json, Recording recording) {
    this.json = json;
    this.recording = recording;
  }

  /**
   * Writes a file, as a whole or not at all.
   *
   * @throws dev.kiln.runtime.KilnException if that fails
   */
  public static void write(Path file, Recording recording) {
    AtomicFile.write(file, out -> write(out, recording));
  }

  /** Writes the document and leaves the stream open. */
  static void write(OutputStream out, Recording recording) throws IOException {
    JsonFactory factory = new JsonFactory().disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
    try (JsonGenerator json = factory.createGenerator(out)) {
      new ChromeTrace(json, recording).write();
    }
  }

  private void write() throws IOException {
    json.writeStartObject();
    json.writeStringField("displayTimeUnit", "ns");
    json.writeObjectFieldStart("otherData");
    json.writeStringField("device", recording.model());
    json.writeEndObject();
    json.writeArrayFieldStart("traceEvents");
    names();
    for (HostSpan span : recording.spans()) {
      begin("X", span.name(), "host", HOST, span.thread(), span.start());
      json.writeNumberField("dur", micros(span.nanos()));
      json.writeEndObject();
    }
    int number = 0;
    for (Activity activity : recording.activities()) {
      activity(activity);
      flow(activity, number++);
    }
    for (Recording.MemorySample sample : recording.memory()) {
      begin("C", "memory", "memory", DEVICE, 0, sample.time());
      json.writeObjectFieldStart("args");
      json.writeNumberField("bytes", sample.bytes());
      json.writeEndObject();
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  // Names of processes and threads

  private void names() throws IOException {
    name("process_name", HOST, 0, "program");
    name("process_name", DEVICE, 0, "device " + recording.device());
    Map<Long, String> threads = new LinkedHashMap<>();
    recording.spans().forEach(span -> threads.put(span.thread(), span.threadName()));
    for (var thread : threads.entrySet()) {
      name("thread_name", HOST, thread.getKey(), thread.getValue());
    }
    var queues =
        recording.activities().stream()
            .map(activity -> activity.what().stream())
            .collect(Collectors.toCollection(TreeSet::new));
    for (int queue : queues) {
      name("thread_name", DEVICE, queue, "stream " + queue);
    }
  }

  private void name(String what, int process, long thread, String name) throws IOException {
    json.writeStartObject();
    json.writeStringField("ph", "M");
    json.writeStringField("name", what);
    json.writeNumberField("pid", process);
    json.writeNumberField("tid", thread);
    json.writeObjectFieldStart("args");
    json.writeStringField("name", name);
    json.writeEndObject();
    json.writeEndObject();
  }

  // Events

  /** The start of an event that the caller ends. */
  private void begin(
      String phase, String name, String category, int process, long thread, long nanoTime)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("ph", phase);
    json.writeStringField("name", name);
    json.writeStringField("cat", category);
    json.writeNumberField("pid", process);
    json.writeNumberField("tid", thread);
    json.writeNumberField("ts", micros(nanoTime - recording.start()));
  }

  private static double micros(long nanos) {
    return nanos / 1e3;
  }

  private void activity(Activity activity) throws IOException {
    DeviceActivity what = activity.what();
    String category = what instanceof DeviceActivity.KernelRun ? "kernel" : "copy";
    begin("X", activity.name(), category, DEVICE, what.stream(), what.start());
    json.writeNumberField("dur", micros(what.nanos()));
    json.writeObjectFieldStart("args");
    switch (what) {
      case DeviceActivity.KernelRun run -> grid(run.grid());
      case DeviceActivity.Copy copy -> {
        json.writeNumberField("bytes", copy.bytes());
        if (copy.nanos() > 0) {
          // Bytes in a nanosecond.
          json.writeNumberField("GB/s", (double) copy.bytes() / copy.nanos());
        }
      }
    }
    json.writeEndObject();
    json.writeEndObject();
  }

  private void grid(Grid grid) throws IOException {
    json.writeArrayFieldStart("grid");
    json.writeNumber(grid.x());
    json.writeNumber(grid.y());
    json.writeNumber(grid.z());
    json.writeEndArray();
  }

  /** An arrow from the span of the caller, which must be there to hold its start. */
  private void flow(Activity activity, int number) throws IOException {
    long at = activity.what().start();
    if (!isWithinSpan(activity.caller(), at)) {
      return;
    }
    begin("s", LAUNCHES, LAUNCHES, HOST, activity.caller(), at);
    json.writeNumberField("id", number);
    json.writeEndObject();
    begin("f", LAUNCHES, LAUNCHES, DEVICE, activity.what().stream(), at);
    json.writeNumberField("id", number);
    json.writeStringField("bp", "e");
    json.writeEndObject();
  }

  private boolean isWithinSpan(long thread, long at) {
    return recording.spans().stream()
        .anyMatch(
            span ->
                span.thread() == thread && span.start() <= at && at <= span.start() + span.nanos());
  }
}
