// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

class OneLineErrorsTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private enum Forward {
        MACSWAP, IO, DROP
    }

    private static final class Refusing implements ITypeConverter<String> {
        @Override
        public String convert(String value) {
            throw new TypeConversionException("mode must be bond or mq: mode=" + value);
        }
    }

    /** A program with a command, which is never reached by what it refuses. */
    @SuppressWarnings({"UnusedMethod", "UnusedVariable"}) // picocli uses them
    @Command(name = "prog", mixinStandardHelpOptions = true, versionProvider = BuildVersion.class)
    private static final class Program implements Runnable {
        @Spec
        private CommandSpec spec;

        @Override
        public void run() {
            throw new ParameterException(spec.commandLine(), "a command is missing");
        }

        @Command(name = "work", mixinStandardHelpOptions = true)
        int work(@Option(names = "--forward") Forward forward, @Option(names = "--count") Long count,
                @Option(names = "--burst", paramLabel = "N") Integer burst, @Option(names = "--wait") Double seconds,
                @Option(names = "--json") boolean json, @Option(names = "--time") Duration time,
                @Option(names = "--dir") Path folder,
                @Option(names = "--mode", converter = Refusing.class) String mode,
                @Option(names = "--link", required = true, paramLabel = "NAME") String link,
                @Parameters(paramLabel = "DIR", arity = "0..1") String dir) {
            if (time != null) {
                spec.commandLine().getOut().println(time);
            }
            if (link.equals("bug")) {
                throw new IllegalStateException("two\nlines");
            }
            throw new UnsupportedOperationException("no such link: link=" + link);
        }
    }

    private int run(String... arguments) {
        CommandLine program = new CommandLine(new Program()).setCaseInsensitiveEnumValuesAllowed(true)
                .setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        return OneLineErrors.of(program, List.of(UnsupportedOperationException.class)).execute(arguments);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --forward=flood | forward must be macswap, io or drop: forward=flood
            --count=many    | count must be a whole number up to 9223372036854775807: count=many
            --burst=3000000000 | burst must be a whole number up to 2147483647: burst=3000000000
            --wait=long     | wait must be a number: wait=long
            --time=soon     | time must be a time such as 30, 30s, 10m or 1h, seconds without a unit: time=soon
            --time=-1s      | time must be a time such as 30, 30s, 10m or 1h, seconds without a unit: time=-1s
            --time=1d       | time must be a time such as 30, 30s, 10m or 1h, seconds without a unit: time=1d
            --dir=          | dir must be a path, and not empty: dir=
            --json=maybe    | json has no value: json=maybe
            --mode=rr       | mode must be bond or mq: mode=rr
            --burst         | option needs a value: option=--burst: write --burst=N
            --burst --json  | option needs a value: option=--burst: write --burst=N
            --json          | option is missing: option=--link: write --link=NAME
            --link=a --link=b | option must be given once: option=--link: leave one out
            --link=a --speed=9 | unknown option: option=--speed=9: leave it out
            --link=a x y\u001b[2J | surplus argument: argument=y?[2J: leave it out
            """)
    void wrongUsageIsOneLineInTheWordsOfTheOneWhoTyped(String options, String complaint) {
        assertThat(run(("work " + options).split(" "))).isEqualTo(2);
        assertThat(err.toString()).isEqualTo("prog: " + complaint + " (see prog work --help)\n");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void namesTheCommandsThereAre() {
        assertThat(run()).isEqualTo(2);
        assertThat(run("play")).isEqualTo(2);
        assertThat(err.toString().lines()).containsExactly(
                "prog: command is missing: use one of work (see prog --help)",
                "prog: unknown command: command=play: use one of work (see prog --help)");
    }

    @Test
    void aFailureIsOneLineAndABugKeepsItsTrace() {
        assertThat(run("work", "--link=tap9")).isEqualTo(1);
        assertThat(err.toString()).isEqualTo("prog: no such link: link=tap9\n");
        assertThat(run("work", "--link=bug")).isEqualTo(1);
        assertThat(err.toString()).contains("prog: a bug: java.lang.IllegalStateException: two\n").contains("\tat ");
    }

    @ParameterizedTest
    @CsvSource({"30,PT30S", "30s,PT30S", "10m,PT10M", "1h,PT1H", "0.05,PT0.05S", "1.5h,PT1H30M", "0,PT0S",
            "999999999h,PT999999999H"})
    void everyProgramReadsTimesAlike(String text, String time) {
        assertThat(run("work", "--time=" + text, "--link=tap9")).isEqualTo(1);
        assertThat(out.toString()).isEqualTo(time + "\n");
    }

    @Command(name = "prog")
    private static final class Falling implements Callable<Integer> {
        private final Error error;

        Falling(Error error) {
            this.error = error;
        }

        @Override
        public Integer call() {
            throw error;
        }
    }

    private int fall(Error error) {
        return OneLineErrors.of(new CommandLine(new Falling(error)).setErr(new PrintWriter(err)), List.of()).execute();
    }

    @Test
    void regressionAnErrorEndsTheProgramToo() {
        assertThat(fall(new OutOfMemoryError("Java heap space"))).isEqualTo(1);
        assertThat(err.toString())
                .isEqualTo("prog: memory short: reason=\"Java heap space\": raise -Xmx in VLINK_JAVA_OPTS,"
                        + " or this process's limits (ulimit -v, ulimit -u)\n");
        assertThat(fall(new NoClassDefFoundError("picocli"))).isEqualTo(1);
        assertThat(err.toString()).contains("prog: a bug: java.lang.NoClassDefFoundError: picocli\n");
    }

    @Test
    void tellsTheVersionOfTheBuild() {
        assertThat(run("--version")).isZero();
        assertThat(out.toString()).isEqualTo("prog " + BuildVersion.text() + "\n");
    }

    /** A program of its own, because its standard output goes where the test says. */
    static final class VersionTeller {
        private VersionTeller() {
        }

        public static void main(String[] arguments) {
            System.exit(OneLineErrors.of(new CommandLine(new Program()), List.of()).execute("--version"));
        }
    }

    @ParameterizedTest
    @CsvSource({"/dev/full,1", "/dev/null,0"})
    void aResultThatCannotBeWrittenIsAFailure(String output, int status) throws Exception {
        Process program = new ProcessBuilder(ProcessHandle.current().info().command().orElseThrow(), "-cp",
                System.getProperty("java.class.path"), VersionTeller.class.getName())
                .redirectOutput(new File(output)).start();
        try {
            String errors = new String(program.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(program.waitFor()).as(errors).isEqualTo(status);
            assertThat(errors.lines().filter(line -> line.startsWith("prog: standard output cannot be written")))
                    .hasSize(status);
        } finally {
            program.destroyForcibly();
        }
    }
}
