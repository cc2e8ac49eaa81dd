package dev.kiln.runtime.tune;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.python.TritonConfig;
import dev.kiln.runtime.DeviceMemoryException;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.LaunchException;
import dev.kiln.runtime.ResourceException;
import dev.kiln.runtime.cache.TuningOutcome;
import dev.kiln.runtime.tune.TuningChoice.Candidate;
import dev.kiln.runtime.tune.TuningChoice.Source;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Finds out what is not known of a launch's configurations, and takes the fastest. */
final class Tuner {
  private final TuningRequest request;
  private final TuningKey key;
  private final TuningRecords records;
  private final TrialTimer timer;
  private final Supplier<Trials> trials;
  private final Map<TritonConfig, Source> sources = new LinkedHashMap<>();

  /**
   * @param key under which what is found out is kept
   */
  Tuner(
      TuningRequest request,
      TuningKey key,
      TuningRecords records,
      TrialTimer timer,
      Supplier<Trials> trials) {
    this.request = request;
    this.key = key;
    this.records = records;
    this.timer = timer;
    this.trials = trials;
  }

  /** Of threads that want the same, one finds it out, and the others wait for it. */
  TuningChoice choose() {
    if (request.configurations().size() == 1) {
      return TuningChoice.of(request.configurations().getFirst());
    }
    if (!request.mayTry()) {
      return known(request, key, records, timer, Optional.empty(), false);
    }
    synchronized (records.lock(key)) {
      return chooseAlone();
    }
  }

  private TuningChoice chooseAlone() {
    Optional<TritonConfig> kept = records.choice(key).filter(request.configurations()::contains);
    if (kept.isPresent()) {
      return known(request, key, records, timer, Optional.empty(), true);
    }
    List<TritonConfig> configs = request.pruned();
    if (configs.size() == 1) {
      return new TuningChoice(configs.getFirst(), candidates(), true, Optional.empty());
    }
    configs.forEach(config -> sources.put(config, Source.KEPT));
    List<TritonConfig> unknown =
        configs.stream().filter(config -> records.outcome(key, config).isEmpty()).toList();
    if (!unknown.isEmpty()) {
      requireNoCapture();
      try {
        tryAll(unknown);
      } catch (UntriedException e) {
        return known(request, key, records, timer, Optional.of(e.getMessage()), e.isLasting());
      }
    }
    TritonConfig best =
        records
            .find(key, configs, timer.asFast(request.device()))
            .orElseThrow(() -> noneWorks(configs));
    return new TuningChoice(best, candidates(), true, Optional.empty());
  }

  private void requireNoCapture() {
    if (request.device().isCapturing()) {
      throw new LaunchException(
          request.kernel(),
          "its configurations cannot be tried while a graph is captured; launch it once before, or"
              + " take the first by TuningPolicy.FIRST");
    }
  }

  private void tryAll(List<TritonConfig> unknown) {
    Map<TritonConfig, TuningOutcome> outcomes = new LinkedHashMap<>();
    List<Trial> working = new ArrayList<>();
    try (Trials open = trials.get()) {
      for (TritonConfig config : unknown) {
        outcomes.put(config, outcome(open, config, working));
        sources.put(config, Source.TRIED);
      }
      double[] nanos =
          working.stream().mapToDouble(t -> outcomes.get(t.configuration()).nanos()).toArray();
      new Rounds(timer, working, nanos).play();
      for (int i = 0; i < nanos.length; i++) {
        outcomes.put(working.get(i).configuration(), TuningOutcome.took(nanos[i]));
      }
    }
    outcomes.forEach((config, outcome) -> records.keep(key, config, outcome));
  }

  /**
   * What cannot be compiled or does not fit is left out; every other fault is one of the launch.
   */
  private TuningOutcome outcome(Trials open, TritonConfig config, List<Trial> working) {
    Trial trial;
    try {
      trial = open.of(config);
    } catch (UntriedException e) {
      throw e;
    } catch (CompilationException | KilnException e) {
      return TuningOutcome.failed(e.getMessage());
    }
    try {
      double nanos = timer.nanos(trial);
      if (Double.isInfinite(nanos)) {
        return TuningOutcome.failed("a block does not fit");
      }
      working.add(trial);
      return TuningOutcome.took(nanos);
    } catch (ResourceException | DeviceMemoryException e) {
      return TuningOutcome.failed(e.getMessage());
    }
  }

  private LaunchException noneWorks(List<TritonConfig> configs) {
    var text = new StringBuilder("none of its %d configurations works:".formatted(configs.size()));
    for (TritonConfig config : configs) {
      text.append("\n  ").append(config).append(": ");
      text.append(records.outcome(key, config).flatMap(TuningOutcome::failure).orElse("?"));
    }
    return new LaunchException(request.kernel(), text.toString());
  }

  private List<Candidate> candidates() {
    List<Candidate> all = new ArrayList<>();
    for (TritonConfig config : request.configurations()) {
      Source source = sources.getOrDefault(config, Source.PRUNED);
      all.add(
          new Candidate(
              config,
              source,
              source == Source.PRUNED ? Optional.empty() : records.outcome(key, config)));
    }
    return all;
  }

  /** The best of what is known, else the first. */
  static TuningChoice known(
      TuningRequest request,
      TuningKey key,
      TuningRecords records,
      TrialTimer timer,
      Optional<String> note,
      boolean holds) {
    List<TritonConfig> configs = request.configurations();
    List<Candidate> candidates =
        configs.stream()
            .map(
                config -> {
                  Optional<TuningOutcome> outcome = records.outcome(key, config);
                  return new Candidate(
                      config, outcome.isPresent() ? Source.KEPT : Source.UNKNOWN, outcome);
                })
            .toList();
    TritonConfig config =
        records.find(key, configs, timer.asFast(request.device())).orElse(configs.getFirst());
    return new TuningChoice(config, candidates, holds, note);
  }
}
