// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DemoMainTest {
    @ParameterizedTest
    @ValueSource(strings = {"--machine", "--accel"})
    void whatIsOfAMachineIsRefusedWhereThereIsNone(String option) {
        StringWriter errors = new StringWriter();
        int status = DemoMain.commandLine().setErr(new PrintWriter(errors)).execute("--local", option,
                option.equals("--accel") ? "tcg" : "q35");
        assertThat(status).isEqualTo(2);
        assertThat(errors.toString()).isEqualTo("demo: there is no VM: --local " + option
                + ": leave one of them out (see demo --help)\n");
    }
}
